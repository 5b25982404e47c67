import { vi } from 'vitest';

/** Wait until a check passes. It does at once where it passes at all; only on a machine that has much else to do it takes long. */
export function soon<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 60_000, interval: 10 });
}
