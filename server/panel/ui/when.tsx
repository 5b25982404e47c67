import { formatAgo, formatRecent, formatTime } from '../format/time.js';
import { serviceNow, status } from '../state/live.js';
import { useStore } from '../state/store.js';

/** A time in the dataset's zone; of today without the date. */
export function When({ at }: { readonly at: number | undefined }) {
  const zone = useStore(status)?.timeZone ?? 'UTC';
  if (at === undefined) return <span class="quiet">–</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={`${formatTime(at, zone)} ${zone}`}>
      {formatRecent(at, serviceNow(), zone)}
    </time>
  );
}

/** A time and how long that is ago. */
export function WhenAgo({ at }: { readonly at: number | undefined }) {
  if (at === undefined) return <span class="quiet">never</span>;
  return (
    <>
      <When at={at} /> <span class="quiet">({formatAgo(at, serviceNow())})</span>
    </>
  );
}
