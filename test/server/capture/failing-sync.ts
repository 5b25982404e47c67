import { open } from 'node:fs/promises';
import { onTestFinished } from 'vitest';

interface CanSync {
  sync(): Promise<void>;
}

const handle = await open(import.meta.filename);
const prototype = Object.getPrototypeOf(handle) as CanSync;
const { sync } = prototype as { readonly sync: (this: unknown) => Promise<void> };
await handle.close();

/** Let the `nth` wait for the disk from now on fail, 1 for the next; those after it go well. Answers whether it has come. */
export function failSync(nth: number): () => boolean {
  let n = 0;
  prototype.sync = function (this: unknown) {
    return ++n === nth ? Promise.reject(Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' })) : sync.call(this);
  };
  onTestFinished(() => void (prototype.sync = sync));
  return () => n >= nth;
}
