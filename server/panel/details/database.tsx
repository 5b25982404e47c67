import { lookOfDatabase } from '../flow/states.js';
import { visible } from '../format/text.js';
import { status } from '../state/live.js';
import { links } from '../state/router.js';
import { useStore } from '../state/store.js';
import { Loading } from '../ui/answers.js';
import { Badge } from '../ui/badge.js';
import { FactsList } from '../ui/facts-list.js';
import { WhenAgo } from '../ui/when.js';
import { InjectionTable } from './injection-table.js';

export function DatabaseDetails() {
  const database = useStore(status)?.database;
  if (database === undefined) return <Loading what="the database" />;
  return (
    <>
      {database.error !== undefined && (
        <div class="failure">
          <p class="failure-title">{visible(database.error.message)}</p>
          <p>
            <code>{database.error.code}</code> Injections wait until it answers again.
          </p>
        </div>
      )}
      <FactsList
        facts={[
          ['State', <Badge look={lookOfDatabase(database)} />],
          ['Kind', { duckdb: 'DuckDB', postgres: 'PostgreSQL' }[database.kind]],
          ['Last injection', <WhenAgo at={database.lastInjectionAt} />],
        ]}
      />
      <section>
        <div class="section-head">
          <h3>Last injections</h3>
          <a href={links.injections}>All injections</a>
        </div>
        <InjectionTable limit={10} paged={false} />
      </section>
    </>
  );
}
