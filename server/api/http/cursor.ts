import * as z from 'zod';
import { fail } from '../../errors.js';

/**
 * A cursor names the last item of a page, so that pages neither skip nor repeat what was there all the time while other
 * items come and go. To clients it is opaque.
 */
export interface Cursor<T> {
  encode(position: T): string;
  /** Errors: TM_ERR_API_CURSOR. */
  decode(text: string | undefined): T | undefined;
}

export function cursorOf<S extends z.ZodType>(list: string, schema: S): Cursor<z.output<S>> {
  const whole = z.tuple([z.literal(list), schema]);
  return {
    encode: (position) => Buffer.from(JSON.stringify([list, position])).toString('base64url'),
    decode(text) {
      if (text === undefined) return undefined;
      try {
        return whole.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))[1] as z.output<S>;
      } catch (cause) {
        throw fail('TM_ERR_API_CURSOR', 'the cursor is not one that this list gave', { cause });
      }
    },
  };
}

/** The first items of a list, and the cursor of the last where there are more. */
export function pageFrom<T, V>(
  found: Iterable<T>,
  limit: number,
  { view, cursor }: { readonly view: (item: T) => V; readonly cursor: (item: T) => string },
): { items: V[]; next?: string } {
  const items: V[] = [];
  let last: T | undefined;
  for (const item of found) {
    if (items.length === limit) return { items, next: cursor(last as T) };
    items.push(view(item));
    last = item;
  }
  return { items };
}
