import type { Status } from '../api/types.js';
import { FlowChart } from '../flow/flow-chart.js';
import { FlowList } from '../flow/flow-list.js';
import { lookOfAgent, lookOfDatabase, lookOfSensor } from '../flow/states.js';
import { counted, formatCompact, formatCount } from '../format/number.js';
import { formatAgo } from '../format/time.js';
import { serviceNow, status, statusError } from '../state/live.js';
import { links } from '../state/router.js';
import { useStore } from '../state/store.js';
import { Failure, Loading } from '../ui/answers.js';
import { Mark } from '../ui/mark.js';
import { useWide } from '../ui/use-wide.js';
import { Welcome } from './welcome.js';
import { Troubles } from './troubles.js';
import { SchedulerControl } from './scheduler-control.js';

/** The Status Summary: how all is, what is wrong, and the flow. */
export function SummaryPage() {
  const now = useStore(status);
  const error = useStore(statusError);
  const wide = useWide();
  return (
    <>
      <h1 class="visually-hidden">Status summary</h1>
      {now === null && error === null && <Loading what="the status" />}
      {now === null && error !== null && error.status !== 401 && <Failure error={error} />}
      {now !== null && (
        <>
          <Headline status={now} />
          <Troubles status={now} />
          <Welcome status={now} />
          {wide ? <FlowChart status={now} /> : <FlowList status={now} />}
        </>
      )}
    </>
  );
}

function Headline({ status: now }: { readonly status: Status }) {
  const { capture, processors, locations, database, scheduler } = now;
  const running = processors.reduce((n, p) => n + p.running, 0);
  const failed = processors.filter((p) => p.state === 'failed').length;
  const packages = locations.reduce((n, l) => n + l.packages, 0);
  const last = database.lastInjectionAt;
  const looks = [lookOfSensor(capture), lookOfAgent(now.agent), lookOfDatabase(database)];
  const bad = failed > 0 || scheduler.state === 'failed' || looks.some((l) => l.tone === 'bad');
  const tone = bad
    ? 'bad'
    : looks.some((l) => l.tone === 'warn')
      ? 'warn'
      : scheduler.state === 'paused'
        ? 'pause'
        : running > 0
          ? 'run'
          : 'ok';
  const words = {
    bad: 'Something needs you',
    warn: 'Something wants a look',
    pause: 'Paused',
    run: `${counted(running, 'job')} running`,
    ok: packages === 0 ? 'Ready for impressions' : 'All is up to date',
  };
  return (
    <section class="headline" aria-label="In short">
      <p class={`verdict tone-${tone}`} data-verdict={tone}>
        <Mark tone={tone} /> {words[tone]}
      </p>
      <dl class="tiles">
        <Tile term="Impressions" value={capture === null ? '–' : `${formatCount(capture.perSecond)}/s`} />
        <Tile term="Captured" value={formatCompact(capture?.accepted ?? 0)} title={formatCount(capture?.accepted ?? 0)} />
        <Tile term="Packages" value={formatCount(packages)} href={links.packages()} />
        <Tile term="Failed" value={formatCount(failed)} href={links.jobs({ state: 'failed' })} />
        <Tile term="Last injection" value={last === undefined ? 'none yet' : formatAgo(last, serviceNow())} href={links.injections} />
      </dl>
      <SchedulerControl />
    </section>
  );
}

interface TileProps {
  readonly term: string;
  readonly value: string;
  readonly title?: string;
  readonly href?: string;
}

const Tile = ({ term, value, title, href }: TileProps) => (
  <div class="tile" title={title}>
    <dt>{term}</dt>
    <dd>{href === undefined ? value : <a href={href}>{value}</a>}</dd>
  </div>
);
