import { fail } from '../errors.js';

/** A fault of a query, with the JSON pointer of what is wrong. */
export function queryError(pointer: string, message: string, data: Record<string, unknown> = {}): Error {
  return fail('TM_ERR_QUERY', `${pointer || '/'}: ${message}`, { data: { pointer, ...data } });
}

export function unknownName(pointer: string, what: string, name: string, known: readonly string[]): Error {
  const nearest = nearestOf(name, known);
  const hint = nearest === undefined ? `There are: ${known.join(', ')}` : `Did you mean '${nearest}'?`;
  return queryError(pointer, `there is no ${what} '${name}'. ${hint}`, { known, ...(nearest === undefined ? {} : { nearest }) });
}

/** The known name that takes the fewest edits, at most a third of its letters. Names longer than 64 are like none. */
export function nearestOf(name: string, known: readonly string[]): string | undefined {
  if (name.length > 64) return undefined;
  const ranked = known
    .map((candidate) => ({ candidate, edits: editsBetween(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.floor(candidate.length / 3)))
    .toSorted((a, b) => a.edits - b.edits);
  return ranked[0]?.candidate;
}

function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
