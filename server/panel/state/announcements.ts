import type { Status } from '../api/types.js';
import { createStore } from './store.js';

/** What a screen reader is to say next. */
export const announcement = createStore('');

export function say(text: string): void {
  // The same text again is a change for the reader only if it differs.
  announcement.set(announcement.get() === text ? `${text}\u00a0` : text);
}

/** Say what an operator would want to know of a change: failures and recoveries, the sensor, the scheduler; not every job. */
export function announceChanges(before: Status | null, after: Status): void {
  if (before === null) return;
  const changes = changesBetween(before, after);
  if (changes.length > 0) say(changes.join(' '));
}

/** Pure. */
export function changesBetween(before: Status, after: Status): string[] {
  const changes: string[] = [];
  const states = new Map(before.processors.map((p) => [p.name, p.state]));
  for (const { name, state } of after.processors) {
    const was = states.get(name);
    if (was === state) continue;
    if (state === 'failed') changes.push(`${name} failed.`);
    else if (was === 'failed') changes.push(`${name} is ${state === 'idle' ? 'well' : state} again.`);
  }
  if (before.capture?.state !== after.capture?.state) changes.push(`Sensor: ${after.capture?.state ?? 'not heard of yet'}.`);
  if (before.scheduler.state !== after.scheduler.state) changes.push(`Scheduler ${after.scheduler.state}.`);
  if (before.agent.state !== after.agent.state && (before.agent.state === 'failed' || after.agent.state === 'failed'))
    changes.push(`Agent ${after.agent.state}.`);
  if (before.database.state !== after.database.state) changes.push(`Database ${after.database.state}.`);
  return changes;
}
