import { digestOf, PUBLIC_KEY } from './digest.js';
import { call, type Hands } from './hands.js';
import { chunksOf, type Source } from './source.js';
import type { LocationStore } from '../../engine/index.js';

/**
 * What was read of a source, by its content and not by its name: a file that is renamed, copied or compressed is known
 * again, and one that grew is known by its beginning.
 */
export interface Intake {
  readonly name: string;
  /** Whether the digests are under the store's key; those of an older version are under a public one. */
  readonly keyed?: true;
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
export function headDigest(head: Uint8Array, key: string): string {
  const newline = head.indexOf(0x0a);
  const end = newline < 0 ? head.length : newline;
  return digestOf(head.subarray(0, head[end - 1] === 0x0d ? end - 1 : end), key);
}

export function intakes(store: LocationStore): KnownIntake[] {
  return store.records(INTAKE).map(({ key, value }) => ({ ...(value as Intake), key }));
}

export interface Beginning {
  readonly intake: KnownIntake;
  /** Whether there is more of it now. */
  readonly grown: boolean;
  /** Digests of the pieces that were read, under the store's key: at least as many as the intake has whole ones. */
  readonly chunks: readonly string[];
}

/**
 * The longest intake that the content of a source begins with; `head`: its first bytes. All of that is read again, in the pool: a
 * log that is read on a schedule may be long.
 */
export async function knownBeginning(
  hands: Hands,
  source: Source,
  head: Uint8Array,
  all: readonly KnownIntake[],
  { chunkBytes, contentKey }: { readonly chunkBytes: number; readonly contentKey: string },
): Promise<Beginning | undefined> {
  const digest = eitherDigest(contentKey, (key) => headDigest(head, key));
  const known = all.filter((i) => i.head === digest(i));
  return known.length === 0 ? undefined : call(hands, './ledger.js', 'compareBeginning', { source, known, chunkBytes, contentKey });
}

function keyOf({ keyed }: Pick<Intake, 'keyed'>, contentKey: string): string {
  return keyed === true ? contentKey : PUBLIC_KEY;
}

/** The digest to compare with one of an intake; that under the public key only where there is an intake that has it. */
function eitherDigest(contentKey: string, of: (key: string) => string): (intake: Pick<Intake, 'keyed'>) => string {
  const digests = new Map<string, string>();
  return (intake) => {
    const key = keyOf(intake, contentKey);
    const digest = digests.get(key) ?? of(key);
    digests.set(key, digest);
    return digest;
  };
}

/** The task of `knownBeginning`; `known` have the head of the source. */
export async function compareBeginning({
  source,
  known,
  chunkBytes,
  contentKey,
}: {
  readonly source: Source;
  readonly known: readonly KnownIntake[];
  readonly chunkBytes: number;
  readonly contentKey: string;
}): Promise<Beginning | undefined> {
  let candidates = known;
  let best: KnownIntake | undefined;
  const chunks: string[] = [];
  let length = 0;
  for await (const chunk of chunksOf(source, chunkBytes)) {
    const at = chunks.length;
    length += chunk.length;
    const digest = eitherDigest(contentKey, (key) => digestOf(chunk, key));
    chunks.push(digest({ keyed: true }));
    candidates = candidates.filter((i) => {
      const rest = i.length - at * chunkBytes;
      if (rest > chunkBytes || rest === chunk.length) return i.chunks[at] === digest(i);
      if (rest > chunk.length) return false;
      if (i.chunks[at] === digestOf(chunk.subarray(0, rest), keyOf(i, contentKey)) && i.length > (best?.length ?? -1)) best = i;
      return false;
    });
    for (const i of candidates) if (i.length === length && i.length > (best?.length ?? -1)) best = i;
    candidates = candidates.filter((i) => i.length > length);
    // Beyond the longest intake only the question is left whether there is anything.
    if (candidates.length === 0 && best !== undefined && length > best.length) break;
    if (candidates.length === 0 && best === undefined) return undefined;
  }
  return best === undefined ? undefined : { intake: best, grown: length > best.length, chunks };
}
