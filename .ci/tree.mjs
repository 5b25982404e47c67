/**
 * What must hold of the files in version control: none is large, and a lock file names no host that packages came from and
 * has the packages of every platform (an install that could not reach one leaves it out, and `npm ci` then fails).
 */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './build.mjs';

const LARGEST = 1_000_000;

const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
const problems = tracked.split('\0').flatMap((file) => {
  const stat = file === '' ? undefined : lstatSync(join(root, file), { throwIfNoEntry: false });
  if (!stat?.isFile()) return [];
  const found = [];
  if (stat.size > LARGEST) found.push(`${file}: ${stat.size} bytes; at most ${LARGEST} go into version control`);
  if (/(^|\/)(package-lock\.json|\.npmrc)$/.test(file)) {
    const text = readFileSync(join(root, file), 'utf8');
    if (/"resolved": "https?:|\/\/(registry|npm)\.|^\s*(@\w+:)?registry\s*=/m.test(text))
      found.push(`${file} names a registry's host; see .npmrc`);
  }
  if (file.endsWith('package-lock.json')) {
    /** @type {Record<string, { optionalDependencies?: Record<string, string> }>} */
    const packages = JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
    const names = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')));
    for (const name of Object.values(packages).flatMap((locked) => Object.keys(locked.optionalDependencies ?? {}))) {
      if (!names.has(name)) found.push(`${file} lacks ${name}: take a version that has it for every platform`);
    }
  }
  return found;
});
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log('tree: no large file, no registry host');
