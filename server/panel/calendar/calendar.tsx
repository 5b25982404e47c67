import type { Layout } from './layout-of.js';
import type { LocationDay } from '../api/types.js';
import { lookOf } from '../flow/states.js';
import { counted, formatCompact } from '../format/number.js';
import { formatDate, formatMonth } from '../format/time.js';
import { Mark } from '../ui/mark.js';
import { shiftMonth, weeksOf } from './months.js';

export interface CalendarProps {
  readonly layout: Layout;
  readonly days: readonly LocationDay[];
  /** `2026-03`; a calendar of months shows its year. */
  readonly month: string;
  /** The first day of the period that is chosen. */
  readonly chosen: string | undefined;
  readonly onMonth: (month: string) => void;
  readonly hrefOf: (first: string) => string;
}

/** A location's packages by calendar: the days or weeks of a month, or the months of a year. */
export function Calendar(props: CalendarProps) {
  const { layout, month, onMonth } = props;
  const step = layout === 'monthly' ? 12 : 1;
  const title = layout === 'monthly' ? month.slice(0, 4) : formatMonth(month);
  return (
    <section class="calendar" aria-label="Calendar">
      <header class="calendar-head">
        <button type="button" class="button plain" aria-label="Earlier" onClick={() => onMonth(shiftMonth(month, -step))}>
          ‹
        </button>
        <h3 aria-live="polite">{title}</h3>
        <button type="button" class="button plain" aria-label="Later" onClick={() => onMonth(shiftMonth(month, step))}>
          ›
        </button>
      </header>
      {layout === 'monthly' ? <Months {...props} /> : <Weeks {...props} />}
      <p class="legend">
        {(['complete', 'processing', 'failed'] as const).map((state) => (
          <span key={state}>
            <Mark tone={lookOf(state).tone} /> {state}
          </span>
        ))}
      </p>
    </section>
  );
}

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

function Weeks(props: CalendarProps) {
  const { layout, month } = props;
  return (
    <table class="month">
      <caption class="visually-hidden">Packages in {formatMonth(month)}</caption>
      <thead>
        <tr>
          <th scope="col">
            <abbr title="ISO week">Wk</abbr>
          </th>
          {WEEKDAYS.map((d) => (
            <th key={d} scope="col">
              <abbr title={d}>{d.slice(0, 2)}</abbr>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeksOf(month).map(({ label, first, days }) => (
          <tr key={label}>
            <th scope="row">{label.slice(6)}</th>
            {layout === 'weekly' ? (
              <td colSpan={7}>
                <Cell {...props} first={first} name={`Week ${label}`} text={`from ${formatDate(first)}`} />
              </td>
            ) : (
              days.map((day, i) => (
                <td key={day ?? i}>
                  {day !== null && <Cell {...props} first={day} name={formatDate(day)} text={String(Number(day.slice(8)))} />}
                </td>
              ))
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Months(props: CalendarProps) {
  const year = props.month.slice(0, 4);
  return (
    <ol class="months">
      {Array.from({ length: 12 }, (_, i) => `${year}-${String(i + 1).padStart(2, '0')}`).map((month) => (
        <li key={month}>
          <Cell {...props} first={`${month}-01`} name={formatMonth(month)} text={formatMonth(month).split(' ')[0] ?? month} />
        </li>
      ))}
    </ol>
  );
}

/** One period: a link to its packages where it has some. */
function Cell({ days, chosen, hrefOf, first, name, text }: CalendarProps & Readonly<Record<'first' | 'name' | 'text', string>>) {
  const found = days.find((d) => d.day === first);
  if (found === undefined)
    return (
      <span class="cell cell-empty">
        <span class="cell-day">{text}</span>
      </span>
    );
  const { state, packages, records } = found;
  const { tone } = lookOf(state);
  const words = `${name}: ${counted(packages, 'package')}, ${counted(records, 'bean')}, ${state}`;
  return (
    <a
      class={`cell tone-${tone}`}
      href={hrefOf(first)}
      data-day={first}
      data-state={state}
      aria-current={chosen === first ? 'date' : undefined}
      title={words}
    >
      <span class="visually-hidden">{words}</span>
      <span class="cell-day" aria-hidden="true">
        {text}
      </span>
      <Mark tone={tone} />
      <span class="cell-count" aria-hidden="true">
        {formatCompact(packages)}
      </span>
    </a>
  );
}
