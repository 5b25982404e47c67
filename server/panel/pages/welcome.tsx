import type { Status } from '../api/types.js';

/** How to begin, as long as there is nothing. */
export function Welcome({ status: { capture, locations } }: { readonly status: Status }) {
  if ((capture?.accepted ?? 0) > 0 || locations.some((l) => l.packages > 0)) return null;
  const sensor = `http://${location.hostname}:${capture?.port ?? 7401}`;
  return (
    <section class="welcome" aria-label="How to begin">
      <p>
        <strong>Nothing is here yet.</strong> Put the tag into your pages:{' '}
        <code>{`<script async src="${sensor}/tidemill.js" data-site="shop"></script>`}</code>
      </p>
      <p>
        or send impressions to <code>POST {sensor}/sensor</code>, name logs in <code>sources</code> of dataset.json, or stop the service and
        run <code>tidemill import access.log</code>. The first package appears when the sensor&apos;s interval has passed.
      </p>
    </section>
  );
}
