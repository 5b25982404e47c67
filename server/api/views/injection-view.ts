import { periodView } from './job-view.js';
import type { WorkPackage } from '../../../engine/index.js';
import type { InjectionReport, TableReport as StoredTable } from '../../database/database.js';
import type { InjectionDetail, InjectionSummary, TableReport } from '../schemas/index.js';

export function injectionSummary(p: WorkPackage): InjectionSummary {
  const { rows, tables } = reportOf(p);
  return { ...common(p), rows, tables: tables.length };
}

export function injectionDetail(p: WorkPackage): InjectionDetail {
  const { rows, tables, beans } = reportOf(p);
  return { ...common(p), rows, inputs: [...p.inputs], beans: { ...beans }, tables: tables.map(tableReport) };
}

function common(p: WorkPackage): Omit<InjectionSummary, 'rows' | 'tables'> {
  return {
    path: p.path,
    processor: p.processor ?? '',
    ...(p.job === undefined ? {} : { job: p.job }),
    period: periodView(p.period),
    injectedAt: p.createdAt,
  };
}

function reportOf(p: WorkPackage): InjectionReport {
  const { tables = [], rows = 0, beans = {} } = (p.report ?? {}) as Partial<InjectionReport>;
  return { package: p.path, tables, rows, beans };
}

function tableReport({ table, before, after, inserted, updated, removed, unchanged, beans, sums }: StoredTable): TableReport {
  return { table, before, after, inserted, updated, removed, unchanged, beans, sums: { ...sums } };
}
