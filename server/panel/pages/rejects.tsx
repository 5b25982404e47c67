import type { RejectedOverview } from '../api/types.js';
import { RejectedLines } from '../details/rejected-lines.js';
import { formatCount, formatShare } from '../format/number.js';
import { useResource } from '../state/use-resource.js';

const MEANINGS: Readonly<Record<string, string>> = {
  length: 'longer than 64 KiB',
  utf8: 'not UTF-8',
  json: 'not a JSON object',
  format: 'not of the log format',
  time: 'no time, or out of range',
  visitor: 'nothing to tell visitors by',
};

export function RejectsPage() {
  const resource = useResource<RejectedOverview>(
    'rejects?limit=1',
    (event) => event.kind === 'package' && event.data.location === 'oirawdata',
  );
  const reasons = Object.entries(resource.data?.byReason ?? {}).toSorted((a, b) => b[1] - a[1]);
  const all = reasons.reduce((sum, [, n]) => sum + n, 0);
  return (
    <>
      <div class="page-head">
        <h1>Rejected lines</h1>
        <p class="quiet">Lines that break a rule are not counted, and not lost: mend them and send them again.</p>
      </div>
      {reasons.length > 0 && (
        <ul class="reasons" aria-label="Rejected lines by reason">
          {reasons.map(([reason, n]) => (
            <li key={reason} class="reason">
              <code>{reason}</code>
              <strong>{formatCount(n)}</strong>
              <progress value={n} max={all} aria-label={`Share of ${reason}`} />
              <span class="quiet">
                {formatShare(n, all)} · {MEANINGS[reason] ?? 'breaks the rule of that field'}
              </span>
            </li>
          ))}
        </ul>
      )}
      <RejectedLines path="rejects" packages />
    </>
  );
}
