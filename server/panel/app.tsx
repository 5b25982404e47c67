import { useEffect } from 'preact/hooks';
import { AgentDetails } from './details/agent.js';
import { DatabaseDetails } from './details/database.js';
import { InjectionDetails } from './details/injection.js';
import { JobDetails } from './details/job.js';
import { LocationDetails } from './details/location.js';
import { PackageDetails } from './details/package.js';
import { ProcessorDetails } from './details/processor.js';
import { SensorDetails } from './details/sensor.js';
import { lastSegment } from './format/text.js';
import { InjectionsPage } from './pages/injections.js';
import { isPackagePath, PackagesPage } from './pages/packages.js';
import { JobsPage } from './pages/jobs.js';
import { RejectsPage } from './pages/rejects.js';
import { SummaryPage } from './pages/summary.js';
import { announcement } from './state/announcements.js';
import { status } from './state/live.js';
import { go, hrefOf, route, type Route } from './state/router.js';
import { useStore } from './state/store.js';
import { Boundary } from './ui/boundary.js';
import { Header } from './ui/header.js';
import { Sheet } from './ui/sheet.js';
import { Toasts } from './ui/toast.js';
import { TokenPrompt } from './ui/token-prompt.js';
import type { ComponentChildren } from 'preact';

interface Opened {
  readonly kind: string;
  readonly title: string;
  readonly body: ComponentChildren;
  /** The page to show below it when none was open before. */
  readonly over: readonly string[];
}

/** What an address opens above a page, if it does. */
function openedBy({ path }: Route, isPackage: (path: readonly string[]) => boolean): Opened | null {
  const [first, ...rest] = path;
  const [name] = rest;
  const full = `/${rest.join('/')}`;
  switch (first) {
    case 'sensor':
      return { kind: 'Data capture', title: 'Sensor', body: <SensorDetails />, over: [] };
    case 'agent':
      return { kind: 'From the spool to the locations', title: 'Agent', body: <AgentDetails />, over: [] };
    case 'database':
      return { kind: 'Sums', title: 'Database', body: <DatabaseDetails />, over: [] };
    case 'locations':
      return name === undefined ? null : { kind: 'Location', title: name, body: <LocationDetails key={name} name={name} />, over: [] };
    case 'processors':
      return name === undefined ? null : { kind: 'Processor', title: name, body: <ProcessorDetails key={name} name={name} />, over: [] };
    case 'jobs':
      return name === undefined ? null : { kind: 'Job', title: name, body: <JobDetails key={name} id={name} />, over: ['jobs'] };
    case 'packages':
      if (!isPackage(rest)) return null;
      return { kind: 'Package', title: lastSegment(full), body: <PackageDetails key={full} path={full} />, over: path.slice(0, -1) };
    case 'injections':
      if (name === undefined) return null;
      return {
        kind: 'Injection report',
        title: lastSegment(full),
        body: <InjectionDetails key={full} path={full} />,
        over: ['injections'],
      };
    default:
      return null;
  }
}

function Page({ path, query }: Route) {
  switch (path[0]) {
    case 'jobs':
      return <JobsPage filters={query} />;
    case 'packages':
      return <PackagesPage path={path.slice(1)} />;
    case 'injections':
      return <InjectionsPage />;
    case 'rejects':
      return <RejectsPage />;
    default:
      return <SummaryPage />;
  }
}

/** The last page, with its query, to go back to when a sheet closes. */
let last: Route | null = null;

export function App() {
  const here = useStore(route);
  const now = useStore(status);
  const spoken = useStore(announcement);
  const opened = openedBy(here, (path) => now !== null && isPackagePath(path, now));
  // Before the locations are known, a package looks like a folder.
  if (opened === null && now !== null) last = here;
  const page: Route = opened === null ? here : (last ?? { path: opened.over, query: {} });
  const title = opened?.title ?? page.path[0] ?? '';
  useEffect(() => {
    document.title = [title, now?.dataset, 'Tidemill'].filter(Boolean).join(' · ');
  }, [title, now?.dataset]);
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <Header page={page.path[0] ?? ''} />
      <main id="main" tabIndex={-1}>
        <Boundary key={page.path[0] ?? ''}>
          <Page {...page} />
        </Boundary>
      </main>
      {opened !== null && (
        <Sheet kind={opened.kind} title={opened.title} onClose={() => go(hrefOf(page.path, page.query))}>
          <Boundary key={opened.title}>{opened.body}</Boundary>
        </Sheet>
      )}
      <p class="visually-hidden" role="status" data-announcement>
        {spoken}
      </p>
      <Toasts />
      <TokenPrompt />
    </>
  );
}

/** The address after `#` is the panel's own: to skip is to move the focus. */
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#main')?.focus();
}
