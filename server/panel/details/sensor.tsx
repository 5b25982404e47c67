import { lazy } from '../ui/lazy.js';
import type { CaptureStatus } from '../api/types.js';
import { lookOfSensor } from '../flow/states.js';
import { visible } from '../format/text.js';
import { formatBytes, formatCount, formatShare } from '../format/number.js';
import { status } from '../state/live.js';
import { useStore } from '../state/store.js';
import { Empty } from '../ui/answers.js';
import { Badge } from '../ui/badge.js';
import { FactsList } from '../ui/facts-list.js';
import { WhenAgo } from '../ui/when.js';

const RatesChart = lazy(() => import('../charts/rates-chart.js').then((m) => m.RatesChart));

const ADVICE: Readonly<Record<CaptureStatus['state'], string>> = {
  OK: 'Every impression is written to disk before it is answered.',
  WARNING: 'More requests wait than the warning size. Nothing is lost yet; look at the disk, and at what sends so much.',
  CRITICAL: 'The queue is full: requests are refused with 503 and Retry-After until it shrinks. Senders try again.',
  DOWN: 'The capture process is not there. The supervisor starts it again with a growing back-off; its log says why it ended.',
};

const NOT_WRITTEN = 'Impressions cannot be written: they are refused with 503 and Retry-After until they can. Senders try again.';

export function SensorDetails() {
  const capture = useStore(status)?.capture ?? null;
  if (capture === null)
    return <Empty title="The sensor has not told of itself yet.">It does within a second of the start of the service.</Empty>;
  const { state, queue, warnSize, maxSize, open, error } = capture;
  return (
    <>
      <p class={`banner tone-${lookOfSensor(capture).tone}`}>
        <Badge look={lookOfSensor(capture)} /> {error === undefined ? ADVICE[state] : `${NOT_WRITTEN} ${visible(error.message)}`}
      </p>
      <section>
        <h3>The last minutes</h3>
        <RatesChart />
      </section>
      <FactsList
        facts={[
          ['In this state since', <WhenAgo at={capture.since} />],
          ['Port', capture.port],
          ['Accepted in the last second', formatCount(capture.perSecond)],
          ['Accepted', formatCount(capture.accepted)],
          ['Rejected (4xx)', formatCount(capture.rejected)],
          ['Refused (503)', formatCount(capture.refused)],
        ]}
      />
      <section>
        <h3>Queue</h3>
        <p class="progress-line">
          <meter min={0} max={maxSize} high={warnSize} optimum={0} value={queue} aria-label="Waiting requests" />
          {formatCount(queue)} of {formatCount(maxSize)} ({formatShare(queue, maxSize)}); it warns at {formatCount(warnSize)}
        </p>
      </section>
      <section>
        <h3>Open package</h3>
        {open === null ? (
          <Empty title="No package is open.">The next impression opens one.</Empty>
        ) : (
          <>
            <p class="path">{open.package}</p>
            <FactsList
              facts={[
                ['Lines', formatCount(open.lines)],
                ['Size', formatBytes(open.bytes)],
                ['Open since', <WhenAgo at={open.since} />],
              ]}
            />
          </>
        )}
      </section>
    </>
  );
}
