import type { Bean } from '../../../engine/index.js';

/** A bean as JSON can hold it: bytes as base64. */
export function beanView(bean: Bean): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(bean).map(([field, value]) => [field, value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value]),
  );
}
