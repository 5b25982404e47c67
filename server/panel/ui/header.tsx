import { connection, status, type Connection } from '../state/live.js';
import { links } from '../state/router.js';
import { useStore } from '../state/store.js';
import { chooseTheme, theme, type Theme } from '../state/theme.js';
import { Icon, type IconName } from './icons.js';
import { Mark } from './mark.js';
import type { Tone } from '../flow/states.js';

const PAGES: readonly { readonly page: string; readonly href: string; readonly text: string; readonly icon: IconName }[] = [
  { page: '', href: links.summary, text: 'Summary', icon: 'flow' },
  { page: 'jobs', href: links.jobs(), text: 'Jobs', icon: 'jobs' },
  { page: 'packages', href: links.packages(), text: 'Packages', icon: 'packages' },
  { page: 'injections', href: links.injections, text: 'Injections', icon: 'injections' },
  { page: 'rejects', href: links.rejects, text: 'Rejected', icon: 'rejects' },
];

const CONNECTIONS: Readonly<Record<Connection, readonly [Tone, string, string]>> = {
  connecting: ['wait', 'connecting', 'Asking the service for the first time'],
  live: ['ok', 'live', 'Changes show as they happen'],
  polling: ['warn', 'polling', 'No live events: the panel asks every few seconds'],
  offline: ['bad', 'offline', 'The service does not answer; what you see is the last that it said'],
};

export function Header({ page }: { readonly page: string }) {
  const now = useStore(status);
  const [tone, word, meaning] = CONNECTIONS[useStore(connection)];
  return (
    <header class="top">
      <a class="brand" href={links.summary}>
        <img src="./favicon.svg" width="26" height="26" alt="" />
        <span>Tidemill</span>
        {now !== null && <span class="dataset">{now.dataset}</span>}
      </a>
      <nav class="pages" aria-label="Pages">
        {PAGES.map((p) => (
          <a key={p.page} href={p.href} aria-current={p.page === page ? 'page' : undefined}>
            <Icon name={p.icon} />
            <span>{p.text}</span>
          </a>
        ))}
      </nav>
      <div class="top-end">
        <span class={`connection tone-${tone}`} title={meaning} data-connection={word}>
          <Mark tone={tone} />
          {word}
        </span>
        {now !== null && (
          <span class="zone" title="Days, weeks and times are of this zone">
            {now.timeZone}
          </span>
        )}
        <ThemeButton />
      </div>
    </header>
  );
}

const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };
const NAMES: Readonly<Record<Theme, string>> = { auto: 'as the system', light: 'light', dark: 'dark' };

function ThemeButton() {
  const chosen = useStore(theme);
  return (
    <button
      type="button"
      class="button plain theme"
      aria-label={`Colours: ${NAMES[chosen]}. Change to ${NAMES[NEXT[chosen]]}`}
      title={`Colours: ${NAMES[chosen]}`}
      onClick={() => chooseTheme(NEXT[chosen])}
    >
      <Icon name={chosen} />
    </button>
  );
}
