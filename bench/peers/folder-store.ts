import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import type { WorkPackage } from '../../engine/index.js';

const METADATA = 'package.json';

/** The simplest store of packages that survives a crash: a folder a package, which exists when its metadata file does. */
export class FolderStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async commit(p: WorkPackage, part: string): Promise<void> {
    const folder = path.join(this.#root, p.path);
    mkdirSync(folder, { recursive: true });
    await rename(part, this.fileOf(p));
    const metadata = path.join(folder, METADATA);
    const file = await open(`${metadata}.temp`, 'w');
    await file.writeFile(JSON.stringify(p));
    await file.sync();
    await file.close();
    await rename(`${metadata}.temp`, metadata);
    // A name is on the disk when its folder is; Windows opens no folders, and needs it for none.
    for (const at of process.platform === 'win32' ? [] : [folder, path.dirname(folder)]) {
      const names = await open(at, 'r');
      await names.sync();
      await names.close();
    }
  }

  /** In the order of their paths. */
  list(): WorkPackage[] {
    const files = readdirSync(this.#root, { recursive: true, encoding: 'utf8' }).filter((file) => path.basename(file) === METADATA);
    return files.toSorted().map((file) => JSON.parse(readFileSync(path.join(this.#root, file), 'utf8')) as WorkPackage);
  }

  fileOf(p: WorkPackage): string {
    return path.join(this.#root, p.path, p.parts[0]?.name ?? '');
  }
}
