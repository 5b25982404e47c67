import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { importing, prepareDataset, working, type ImportSetup } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import type { ImportReport } from '#server/acquisition/import-files.js';
import type { Dataset } from '#server/dataset.js';

/** Writes files into a folder, and tells where they are. */
export function fileIn(folder: string): (name: string, content: string | Uint8Array) => string {
  return (name, content) => {
    const at = path.join(folder, name);
    writeFileSync(at, content);
    return at;
  };
}

export interface Room {
  readonly data: string;
  readonly dataset: Dataset;
  readonly file: (name: string, content: string | Uint8Array) => string;
  readonly take: (files: readonly string[], options?: ImportSetup) => Promise<ImportReport>;
}

/** A new dataset with one worker to import into. */
export async function room(use: (room: Room) => Promise<void>): Promise<void> {
  const data = temporaryFolder();
  prepareDataset(data);
  await working(data, { workers: 1 }, (workshop, dataset) =>
    use({ data, dataset, file: fileIn(data), take: (files, options) => importing(workshop, files, options) }),
  );
}
