import { post } from '../api/client.js';
import { lookOfScheduler } from '../flow/states.js';
import { formatCount } from '../format/number.js';
import { status } from '../state/live.js';
import { useStore } from '../state/store.js';
import { Action } from '../ui/action.js';
import { Badge } from '../ui/badge.js';

/** The scheduler's state, and the way to pause it and let it go on. */
export function SchedulerControl() {
  const scheduler = useStore(status)?.scheduler;
  if (scheduler === undefined) return null;
  const { state, ready, waiting, running } = scheduler;
  const paused = state === 'paused';
  return (
    <div class="scheduler">
      <span class="scheduler-facts">
        Scheduler <Badge look={lookOfScheduler(scheduler)} />
        <span class="quiet">
          {formatCount(running)} running · {formatCount(ready)} ready · {formatCount(waiting)} waiting
        </span>
      </span>
      <Action
        tone={paused ? 'main' : undefined}
        run={() =>
          post(`scheduler/${paused ? 'resume' : 'pause'}`).then(() =>
            paused ? 'The scheduler goes on.' : 'The scheduler is paused: jobs that run go on, no new one starts.',
          )
        }
      >
        {paused ? 'Resume' : 'Pause'}
      </Action>
    </div>
  );
}
