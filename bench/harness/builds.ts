import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { commitOf } from './machine.js';
import { built, root } from './places.js';

/** A built clone of Tidemill. */
export interface Build {
  /** How it is called in a table. */
  readonly name: string;
  readonly root: URL;
}

export const thisBuild: Build = { name: 'tidemill', root };

/** This build, and the one in `against`, where it is given. Throws where nothing is built there. */
export function buildsOf(against: string | undefined): readonly Build[] {
  if (against === undefined) return [thisBuild];
  const clone = pathToFileURL(`${against}/`);
  if (!existsSync(built('server/cli.js', clone)))
    throw new Error(`--against: there is no built clone in ${against}: run 'npm run build' there`);
  return [thisBuild, { name: `tidemill ${commitOf(clone) ?? 'before'}`, root: clone }];
}
