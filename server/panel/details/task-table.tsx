import type { Task } from '../api/types.js';
import { formatCount } from '../format/number.js';
import { formatDuration } from '../format/time.js';
import { visible } from '../format/text.js';
import { DataTable } from '../ui/data-table.js';
import { StateBadge } from '../ui/badge.js';
import { When } from '../ui/when.js';

const SHOWN = 200;

/** The tasks of a job one by one, folded: the timeline says the same at a glance. */
export function TaskTable({ tasks }: { readonly tasks: readonly Task[] }) {
  const failed = tasks.filter((t) => t.error !== undefined);
  const rows = [...failed, ...tasks.filter((t) => t.error === undefined)].slice(0, SHOWN);
  return (
    <details class="fold" open={failed.length > 0}>
      <summary>
        {formatCount(tasks.length)} tasks{failed.length > 0 && `, ${formatCount(failed.length)} of them failed`}
        {tasks.length > SHOWN && `; the first ${SHOWN}`}
      </summary>
      <DataTable
        caption="Tasks"
        rows={rows}
        keyOf={(t, i) => `${t.label} ${t.start} ${i}`}
        columns={[
          { head: 'Task', cell: (t) => visible(t.label) },
          {
            head: 'State',
            cell: (t) =>
              t.error === undefined ? (
                <StateBadge state="succeeded" />
              ) : (
                <>
                  <StateBadge state="failed" />
                  <span class="cell-error">{visible(t.error.message)}</span>
                </>
              ),
          },
          { head: 'Thread', numeric: true, cell: (t) => (t.thread === 0 ? 'main' : t.thread) },
          { head: 'Attempt', numeric: true, cell: (t) => t.attempt },
          { head: 'Started', cell: (t) => <When at={t.start} /> },
          { head: 'Took', numeric: true, cell: (t) => formatDuration(t.end - t.start) },
        ]}
      />
    </details>
  );
}
