import { addMeasures, type Measures } from './measure-task.js';
import type { WorkPackage } from '../../engine/index.js';

/** Two counts that must be equal. */
export interface Check {
  readonly at: string;
  readonly what: string;
  readonly left: number;
  readonly right: number;
}

const records = (m: Measures, type: string): number => m[type]?.records ?? 0;
const sum = (m: Measures, type: string, field: string): number => m[type]?.sums[field] ?? 0;

/** What holds between the beans of a package and those of its inputs: [what is said, of the input, of the output]. */
type Law = readonly [what: string, input: (m: Measures) => number, output: (m: Measures) => number];

const visitorLaws: readonly Law[] = [
  ['visitor beans and sessions of L3Visitor', (m) => records(m, 'VisitorLocationBean'), (m) => sum(m, 'L3Visitor', 'sessions')],
  [
    'impressions of visitor beans and of L3Visitor',
    (m) => sum(m, 'VisitorLocationBean', 'impressions'),
    (m) => sum(m, 'L3Visitor', 'impressions'),
  ],
  [
    'impressions of visitor beans and of L3City',
    (m) => sum(m, 'VisitorLocationBean', 'impressions'),
    (m) => sum(m, 'L3City', 'impressions'),
  ],
];
const unchanged: readonly Law[] = ['VisitorBean', 'VisitorLocationBean'].map((type) => [
  `number of ${type}`,
  (m) => records(m, type),
  (m) => records(m, type),
]);

/** By the location of the output. What a custom processor conserves is its own affair. */
const LAWS: Readonly<Record<string, readonly Law[]>> = {
  oiprocessed: [
    [
      'impressions, and views, downloads and searches',
      (m) => records(m, 'TransferObject'),
      (m) => sum(m, 'L3Objecttype', 'views') + sum(m, 'L3Download', 'downloads') + sum(m, 'L3InternalSearch', 'searches'),
    ],
    [
      'nothing, and what views by type exceed views by object by',
      () => 0,
      (m) => sum(m, 'L3Objecttype', 'views') - sum(m, 'L3Object', 'views'),
    ],
  ],
  sesdata: [
    ['impressions, and those of the sessions', (m) => records(m, 'RawSensorCallBean'), (m) => sum(m, 'SessionBean', 'impressions')],
  ],
  sesprocessed: [
    ['session beans and sessions of L3Session', (m) => records(m, 'SessionBean'), (m) => sum(m, 'L3Session', 'sessions')],
    ...['L3Session', 'L3Browser', 'L3Os', 'L3Device', 'L3Referrer', 'L3Ip', 'L3SessionHour'].map((type): Law => [
      `impressions of sessions and of ${type}`,
      (m) => sum(m, 'SessionBean', 'impressions'),
      (m) => sum(m, type, 'impressions'),
    ]),
  ],
  visdata: ['VisitorBean', 'VisitorLocationBean'].map((type) => [
    `sessions and ${type}s`,
    (m) => records(m, 'SessionBean'),
    (m) => records(m, type),
  ]),
  visweekdata: unchanged,
  visprocessed: visitorLaws,
  visweekprocessed: visitorLaws,
  vismonthprocessed: visitorLaws,
};

/** All that must hold of a package. One whose inputs are superseded is about to be made again and is not looked at. */
export function checksOf(
  p: WorkPackage,
  measuresOf: (path: string) => Measures | undefined,
  packageAt: (path: string) => WorkPackage | undefined,
): Check[] {
  const own = measuresOf(p.path) ?? {};
  const checks: Check[] = Object.entries(p.beans).map(([type, n]) => ({
    at: p.path,
    what: `${type} by metadata and in the parts`,
    left: n,
    right: records(own, type),
  }));
  const count = (name: string): number => p.counters[name] ?? 0;
  if (p.processor === undefined) {
    const accepted = Object.values(p.beans).reduce((n, m) => n + m, 0);
    checks.push(
      {
        at: p.path,
        what: 'lines read, and accepted + rejected + filtered + duplicate',
        left: count('read'),
        right: accepted + count('rejected') + count('filtered') + count('duplicate'),
      },
      { at: p.path, what: 'lines rejected and kept', left: count('rejected'), right: records(own, 'RejectedLine') },
    );
    const twin = p.location === 'oirawdata' ? packageAt(p.path.replace('/oirawdata/', '/sesrawdata/')) : undefined;
    if (twin !== undefined)
      checks.push({
        at: p.path,
        what: 'impressions in oirawdata and in sesrawdata',
        left: accepted,
        right: Object.values(twin.beans).reduce((n, m) => n + m, 0),
      });
    return checks;
  }
  const inputs = p.inputs.map(measuresOf);
  // Quarantined records are missing by intent; the job and the package's report name them.
  if (inputs.some((m) => m === undefined) || count('quarantined') > 0) return checks;
  const input = addMeasures(inputs as Measures[]);
  for (const [what, left, right] of LAWS[p.location] ?? []) checks.push({ at: p.path, what, left: left(input), right: right(own) });
  return checks;
}
