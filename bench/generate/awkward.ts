import { badKinds, longKinds, subtleKinds } from './awkward-bad.js';
import { Context } from './awkward-context.js';
import { someInstant } from './awkward-instants.js';
import type { Story } from './awkward-stories.js';
import { stories } from './awkward-stories.js';
import type { Make } from './awkward-valid.js';
import { longValidKinds, validKinds } from './awkward-valid.js';
import { Random, Weighted } from './random.js';

export interface AwkwardOptions {
  /** Lines in all, empty ones included. 10,000 or more have every kind. */
  readonly lines: number;
  /** Default 1. The same options give the same bytes on any machine. */
  readonly seed?: number;
  /**
   * Leave out what a reader lets through that decodes with replacement characters, leaves JSON to JSON.parse and looks
   * neither at `params` nor at unknown fields: `subtleKinds`. Default false.
   */
  readonly lenient?: boolean;
}

export type Verdict = 'accepted' | 'rejected' | 'ignored';

export interface AwkwardLine {
  readonly kind: string;
  /** What spec §2 makes of it. 'accepted' is a duplicate where its id came before on its local day. */
  readonly verdict: Verdict;
  /** The end of the line included. */
  readonly bytes: Buffer;
}

/** Lines that are put in order among themselves; days come back from block to block. */
const BLOCK = 1000;
const HOUR_MS = 3_600_000;

/** Every kind of awkward line, and what spec §2 makes of it; a story's lines have the story's name. */
export const awkwardKinds: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ...['plain', ...Object.keys(stories), ...Object.keys(validKinds), ...Object.keys(longValidKinds)].map((k): [string, Verdict] => [
    k,
    'accepted',
  ]),
  ...[badKinds, longKinds, subtleKinds].flatMap((kinds) => Object.keys(kinds).map((k): [string, Verdict] => [k, 'rejected'])),
  ['empty', 'ignored'],
]);

/** The entries of a table, one after the other, over and over. */
function inTurn<T>(table: Readonly<Record<string, T>>): () => [string, T] {
  const entries = Object.entries(table);
  let i = 0;
  return () => entries[i++ % entries.length] as [string, T];
}

/**
 * Awkward raw lines: every rule of spec §2 kept and broken at its edge; sessions, days, ids and ties as awkward as can be.
 * Neither a lone CR nor U+2028 or U+2029 stands raw in a line, so that every reader finds the same lines. Wherever there is
 * an agent or an address, all that would be looked up from it is given.
 */
export function* awkwardLines({ lines, seed = 1, lenient = false }: AwkwardOptions): Generator<AwkwardLine> {
  const random = new Random(seed, 10);
  const c = new Context(random);
  const nextStory = inTurn(stories);
  const nextValid = inTurn(validKinds);
  const nextBad = inTurn(lenient ? badKinds : { ...badKinds, ...subtleKinds });
  const nextLong = inTurn<Make>({ ...longValidKinds, ...longKinds });
  const choice = new Weighted([55, 3, 16, 12, 1]);

  for (let left = lines; left > 0;) {
    const block: { at: number; line: AwkwardLine }[] = [];
    const size = Math.min(BLOCK, left);
    left -= size;
    const put = (at: number, kind: string, content: string | Buffer, verdict = awkwardKinds.get(kind) as Verdict): void => {
      const end = content.length < 60_000 && random.chance(0.05) ? '\r\n' : '\n';
      block.push({ at, line: { kind, verdict, bytes: Buffer.concat([Buffer.from(content as string), Buffer.from(end)]) } });
    };
    const make = ([kind, maker]: [string, Make]): void => put(someInstant(random), kind, maker(c));
    const tell = ([kind, story]: [string, Story]): void => {
      // Some stories are told in order, some come late, in some each line comes at its own time.
      const manner = random.unit();
      const late = manner < 0.6 ? 0 : random.between(0, 20 * HOUR_MS);
      for (const fields of story(c)) {
        const at = (fields['time'] as number) + (manner < 0.8 ? late : random.between(-HOUR_MS, 3 * HOUR_MS));
        put(at, kind, c.json(fields), fields['action'] === 'gaze' ? 'rejected' : 'accepted');
      }
    };
    if (size === BLOCK) for (let i = 0; i < 2; i++) make(nextLong());
    while (block.length < size) {
      const what = choice.at(random.unit());
      if (what === 0) {
        const fields = c.fields();
        put(fields['time'] as number, 'plain', c.json(fields));
      } else if (what === 1) tell(nextStory());
      else if (what === 2) make(nextValid());
      else if (what === 3) make(nextBad());
      else put(someInstant(random), 'empty', '');
    }
    block.sort((a, b) => a.at - b.at);
    for (const { line } of block.slice(0, size)) yield line;
  }
}
