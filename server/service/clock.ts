/** What tells a service the time. Times are ms since the epoch. */
export interface Clock {
  now(): number;
  /** Call back once when a time has come, however far it is; the function that is returned calls it off. */
  at(ms: number, callback: () => void): () => void;
}

/** Longest sleep, ms: a timer does not notice that the machine slept, or that its clock was set. */
const NAP = 30_000;

export const systemClock: Clock = {
  now: Date.now,
  at(ms, callback) {
    let timer: NodeJS.Timeout;
    const nap = (): void => {
      const left = ms - Date.now();
      timer = setTimeout(left <= NAP ? () => (Date.now() < ms ? nap() : callback()) : nap, Math.max(0, Math.min(left, NAP)));
    };
    nap();
    return () => clearTimeout(timer);
  },
};
