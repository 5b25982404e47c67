import { call, type Hands } from './hands.js';
import { chunksOf, digestOf, type Source } from './source.js';
import type { LocationStore } from '../../engine/index.js';

/**
 * What was read of a source, by its content and not by its name: a file that is renamed, copied or compressed is known
 * again, and one that grew is known by its beginning.
 */
export interface Intake {
  readonly name: string;
  /** Digest of its first line. */
  readonly head: string;
  /** Bytes of decompressed content that were read. */
  readonly length: number;
  /** Digests of the content in pieces of the import's chunk size. */
  readonly chunks: readonly string[];
  /** Where reading goes on when it has grown. */
  readonly resumeAt: number;
  /** Lines before `resumeAt`. */
  readonly lines: number;
  readonly importedAt: number;
}

export const INTAKE = 'import';

/** An intake, and the key of its record. */
export interface KnownIntake extends Intake {
  readonly key: string;
}

/** The key of the record of an import's source, by the import's number and the source's. */
export function intakeKey(number: number, index: number): string {
  return `${String(number).padStart(6, '0')}/${String(index).padStart(6, '0')}`;
}

/** The same for a first line that has its end and for one that will get it. */
export function headDigest(head: Uint8Array): string {
  const newline = head.indexOf(0x0a);
  const end = newline < 0 ? head.length : newline;
  return digestOf(head.subarray(0, head[end - 1] === 0x0d ? end - 1 : end));
}

export function intakes(store: LocationStore): KnownIntake[] {
  return store.records(INTAKE).map(({ key, value }) => ({ ...(value as Intake), key }));
}

export interface Beginning {
  readonly intake: KnownIntake;
  /** Whether there is more of it now. */
  readonly grown: boolean;
}

/**
 * The longest intake that the content of a source begins with. All of that is read again, in the pool: a log that is read on a
 * schedule may be long.
 */
export async function knownBeginning(
  hands: Hands,
  source: Source,
  head: string,
  all: readonly KnownIntake[],
  chunkBytes: number,
): Promise<Beginning | undefined> {
  const known = all.filter((i) => i.head === head);
  return known.length === 0 ? undefined : call(hands, './ledger.js', 'compareBeginning', { source, known, chunkBytes });
}

/** The task of `knownBeginning`; `known` have the head of the source. */
export async function compareBeginning({
  source,
  known,
  chunkBytes,
}: {
  readonly source: Source;
  readonly known: readonly KnownIntake[];
  readonly chunkBytes: number;
}): Promise<Beginning | undefined> {
  let candidates = known;
  let best: KnownIntake | undefined;
  let length = 0;
  let n = 0;
  for await (const chunk of chunksOf(source, chunkBytes)) {
    const at = n++;
    length += chunk.length;
    const digest = digestOf(chunk);
    candidates = candidates.filter((i) => {
      const rest = i.length - at * chunkBytes;
      if (rest > chunkBytes || rest === chunk.length) return i.chunks[at] === digest;
      if (rest > chunk.length) return false;
      if (i.chunks[at] === digestOf(chunk.subarray(0, rest)) && i.length > (best?.length ?? -1)) best = i;
      return false;
    });
    for (const i of candidates) if (i.length === length && i.length > (best?.length ?? -1)) best = i;
    candidates = candidates.filter((i) => i.length > length);
    // Beyond the longest intake only the question is left whether there is anything.
    if (candidates.length === 0 && best !== undefined && length > best.length) break;
    if (candidates.length === 0 && best === undefined) return undefined;
  }
  return best === undefined ? undefined : { intake: best, grown: length > best.length };
}
