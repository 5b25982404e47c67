/* A disk that a store finds full, without one: for whoever makes its data file longer the file is a device that takes nothing. */
import { existsSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { LmdbStore } from '#engine/store/lmdb-store.js';

export const canFill = existsSync('/dev/full');

/** From now on the data file of an open store cannot grow. LMDB itself has it open, and would not notice. */
export function fillDisk(folder: string): { readonly file: string; readonly free: () => void } {
  const name = path.join(folder, 'data.mdb');
  const file = `${name}.real`;
  renameSync(name, file);
  symlinkSync('/dev/full', name);
  const free = (): void => {
    rmSync(name);
    renameSync(file, name);
  };
  return { file, free };
}

/** Commit records until there is no room for more. Answers how many there are. */
export async function fillStore(store: LmdbStore, bytes = 20_000): Promise<number> {
  for (let n = 0; ; n++) {
    try {
      await store.commit({ records: [{ kind: 'filler', key: `${n}`, value: 'x'.repeat(bytes) }] });
    } catch (error) {
      if ((error as { code?: string }).code === 'TM_ERR_DISK_FULL') return n;
      throw error;
    }
  }
}
