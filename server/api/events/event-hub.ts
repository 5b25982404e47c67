import { jobSummary } from '../views/job-view.js';
import type { ServiceEvent } from '../../service/contract.js';
import type { ApiEvents } from '../schemas/index.js';

/** One event as it goes over the line. */
interface Sent {
  readonly id: number;
  readonly text: string;
}

export interface Listener {
  send(text: string): void;
  end(): void;
}

export interface HubOptions {
  /** When the service began, in ms since the epoch: ids go on growing from one start to the next. */
  readonly startedAt: number;
  /** Events that are kept for those who come back. */
  readonly keep?: number;
  readonly maxListeners?: number;
  /** What changes many times a second (the progress of a job) is told once in so many ms. */
  readonly throttleMs?: number;
}

/** Characters of missed events that are sent; to read everything anew is cheaper than more of them. */
const MAX_MISSED = 1 << 18;

const HEARTBEAT_MS = 15_000;

/** The service's events as server-sent events: numbered, in order, kept for a while for those who lost the line. */
export class EventHub {
  readonly #o: Required<HubOptions>;
  readonly #kept: Sent[] = [];
  readonly #listeners = new Set<Listener>();
  /** Events that wait for the next beat, by what they are about: a newer one takes the place of an older. */
  readonly #pending = new Map<string, readonly [name: keyof ApiEvents, data: unknown]>();
  /** `attempt state` of the jobs that run. */
  readonly #running = new Map<string, number>();
  readonly #heart: NodeJS.Timeout;
  #beat: NodeJS.Timeout | undefined;
  #last: number;
  /** The event before the oldest that is kept. */
  #forgotten: number;

  constructor({ keep = 2000, maxListeners = 200, throttleMs = 200, startedAt }: HubOptions) {
    this.#o = { keep, maxListeners, throttleMs, startedAt };
    this.#last = startedAt * 1000;
    this.#forgotten = this.#last;
    this.#heart = setInterval(() => this.#sendAll(': \n\n'), HEARTBEAT_MS).unref();
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  get isFull(): boolean {
    return this.#listeners.size >= this.#o.maxListeners;
  }

  take(event: ServiceEvent): void {
    switch (event.kind) {
      case 'job': {
        const { job } = event;
        const isProgress = job.state === 'running' && this.#running.get(job.id) === job.attempt;
        if (job.state === 'running') this.#running.set(job.id, job.attempt);
        else this.#running.delete(job.id);
        this.#tell(`job ${job.id}`, 'job', jobSummary(job), !isProgress);
        return;
      }
      case 'package':
        this.#publish('package', { change: event.change, path: event.path, location: event.location });
        return;
      case 'capture':
        this.#publish('capture', event.status);
        return;
      case 'agent':
      case 'scheduler':
        this.#tell(event.kind, event.kind, event.status, false);
    }
  }

  /**
   * Send what came after the event `lastId`, then everything that comes, until the function that is returned is called. Where
   * not all of it is kept any more, or it is too much, `reset` comes first.
   */
  listen(lastId: number | undefined, listener: Listener): () => void {
    if (lastId === undefined) listener.send(`retry: 2000\nid: ${this.#last}\n\n`);
    else {
      const missed = lastId >= this.#forgotten && lastId <= this.#last ? this.#since(lastId) : undefined;
      listener.send(`retry: 2000\n${missed ?? textOf(this.#last, 'reset', {})}\n`);
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What came after an event, unless that is too much. */
  #since(lastId: number): string | undefined {
    const missed = this.#kept.filter(({ id }) => id > lastId).map(({ text }) => text);
    return missed.reduce((n, { length }) => n + length, 0) > MAX_MISSED ? undefined : missed.join('');
  }

  /** Send what waits, and end all streams. */
  close(): void {
    clearInterval(this.#heart);
    this.#flush();
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
  }

  /** Publish at once, or at the next beat. */
  #tell(key: string, name: keyof ApiEvents, data: unknown, atOnce: boolean): void {
    this.#pending.delete(key);
    if (atOnce) this.#publish(name, data);
    else {
      this.#pending.set(key, [name, data]);
      this.#beat ??= setTimeout(() => this.#flush(), this.#o.throttleMs).unref();
    }
  }

  #flush(): void {
    clearTimeout(this.#beat);
    this.#beat = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const [name, data] of pending) this.#publish(name, data);
  }

  #publish(name: keyof ApiEvents, data: unknown): void {
    const id = ++this.#last;
    const text = textOf(id, name, data);
    this.#kept.push({ id, text });
    // Not one by one: the front of an array is dear to take away.
    if (this.#kept.length >= 2 * this.#o.keep) this.#forgotten = this.#kept.splice(0, this.#o.keep).at(-1)?.id ?? this.#forgotten;
    this.#sendAll(text);
  }

  #sendAll(text: string): void {
    for (const listener of this.#listeners) listener.send(text);
  }
}

/** JSON has no line ends of its own, so that it is one line of `data`. */
function textOf(id: number, name: string, data: unknown): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
