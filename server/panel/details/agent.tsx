import { lookOfAgent } from '../flow/states.js';
import { formatCount } from '../format/number.js';
import { visible } from '../format/text.js';
import { status } from '../state/live.js';
import { useStore } from '../state/store.js';
import { Empty, Loading } from '../ui/answers.js';
import { Badge } from '../ui/badge.js';
import { DataTable } from '../ui/data-table.js';
import { FactsList } from '../ui/facts-list.js';
import { When, WhenAgo } from '../ui/when.js';

export function AgentDetails() {
  const agent = useStore(status)?.agent;
  if (agent === undefined) return <Loading what="the agent" />;
  return (
    <>
      {agent.error !== undefined && (
        <div class="failure">
          <p class="failure-title">{visible(agent.error.message)}</p>
          <p>
            <code>{agent.error.code}</code> What waits in the spool stays there, and is tried again.
          </p>
        </div>
      )}
      <FactsList
        facts={[
          ['State', <Badge look={lookOfAgent(agent)} />],
          ['Packages moved', formatCount(agent.packagesMoved)],
          ['Lines moved', formatCount(agent.linesMoved)],
          ['Waiting in the spool', formatCount(agent.waiting)],
          ['Last moved', <WhenAgo at={agent.lastMovedAt} />],
        ]}
      />
      <section>
        <h3>Log sources</h3>
        {agent.sources.length === 0 ? (
          <Empty title="No log sources.">
            Name them in <code>sources</code> of dataset.json, and logs are read on a schedule.
          </Empty>
        ) : (
          <DataTable
            caption="Log sources"
            rows={agent.sources}
            keyOf={(s) => s.name}
            columns={[
              { head: 'Source', cell: (s) => visible(s.name) },
              { head: 'Path', long: true, cell: (s) => <code>{visible(s.path)}</code> },
              { head: 'Schedule', cell: (s) => <code>{s.cron}</code> },
              { head: 'Last run', cell: (s) => <When at={s.lastRunAt} /> },
              { head: 'Next run', cell: (s) => <When at={s.nextRunAt} /> },
              { head: 'Files', numeric: true, cell: (s) => formatCount(s.files) },
              { head: 'Lines', numeric: true, cell: (s) => formatCount(s.lines) },
              {
                head: 'Result',
                cell: (s) =>
                  s.lastError === undefined ? (
                    <Badge
                      look={{
                        tone: s.lastRunAt === undefined ? 'idle' : 'ok',
                        state: 'ok',
                        word: s.lastRunAt === undefined ? 'not run yet' : 'ok',
                      }}
                    />
                  ) : (
                    <>
                      <Badge look={{ tone: 'bad', state: 'failed', word: 'failed' }} />
                      <span class="cell-error">{visible(s.lastError.message)}</span>
                    </>
                  ),
              },
            ]}
          />
        )}
      </section>
    </>
  );
}
