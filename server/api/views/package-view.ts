import { recordsOf, type WorkPackage } from '../../../engine/index.js';
import { bytesOf, rejectedIn } from '../overview/package-overview.js';
import { periodView } from './job-view.js';
import type { PackageDetail, PackageSummary } from '../schemas/index.js';

export function packageSummary(p: WorkPackage): PackageSummary {
  return { ...common(p), inputs: p.inputs.length, parts: p.parts.length };
}

export function packageDetail(p: WorkPackage, usedBy: readonly string[]): PackageDetail {
  return {
    ...common(p),
    inputs: [...p.inputs],
    usedBy: [...usedBy],
    parts: p.parts.map(({ name, bytes, checksum, blocks }) => ({
      name,
      bytes,
      checksum: checksum.toString(16).padStart(8, '0'),
      records: blocks.reduce((n, b) => n + b.records, 0),
    })),
    counters: { ...p.counters },
    ...(p.report === undefined ? {} : { report: p.report }),
  };
}

function common(p: WorkPackage): Omit<PackageSummary, 'inputs' | 'parts'> {
  return {
    path: p.path,
    location: p.location,
    period: periodView(p.period),
    state: p.state,
    createdAt: p.createdAt,
    ...(p.processor === undefined ? {} : { processor: p.processor }),
    ...(p.job === undefined ? {} : { job: p.job }),
    bytes: bytesOf(p),
    records: recordsOf(p),
    beans: { ...p.beans },
    rejected: rejectedIn(p),
  };
}
