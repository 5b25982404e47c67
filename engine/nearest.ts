/** `; did you mean 'visits'?` where one of the known names is much like the given one, or begins with it; else nothing. */
export function didYouMean(given: unknown, known: Iterable<string>): string {
  const a = String(given).toLowerCase();
  const allowed = Math.max(1, Math.floor(a.length / 3));
  let best: string | undefined;
  let least = allowed + 1;
  for (const name of known) {
    const b = name.toLowerCase();
    const distance = a.length >= 3 && b.startsWith(a) ? 1 : editDistance(a, b, least);
    if (distance < least) [best, least] = [name, distance];
  }
  return best === undefined ? '' : `; did you mean '${best}'?`;
}

/** How many letters to add, drop, replace or swap with their neighbour (optimal string alignment); `enough` or more is not told apart. */
function editDistance(a: string, b: string, enough: number): number {
  if (Math.abs(a.length - b.length) >= enough) return enough;
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? (before[j - 2] as number) + 1 : Infinity;
      row.push(Math.min(swapped, replaced, (last[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    [before, last] = [last, row];
  }
  return last[b.length] as number;
}
