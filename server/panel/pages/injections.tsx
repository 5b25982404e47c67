import { InjectionTable } from '../details/injection-table.js';

export function InjectionsPage() {
  return (
    <>
      <div class="page-head">
        <h1>Injections</h1>
        <p class="quiet">What went into the analytics database, each with its report.</p>
      </div>
      <InjectionTable limit={50} />
    </>
  );
}
