import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { root } from './places.js';

const PACKAGES = ['@duckdb/node-api', 'lmdb', 'msgpackr', 'piscina'];

/** What the figures were measured on, in one line. */
export function machineLine(): string {
  const commit = commitOf(root);
  const model = cpus()[0]?.model.replace(/\s+/g, ' ').trim() || 'unknown CPU';
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const versions = PACKAGES.map((name) => `${name} ${versionOf(`node_modules/${name}/package.json`)}`);
  return [
    `${model}, ${availableParallelism()} cores`,
    `${memory} GiB`,
    `${type()} ${release()} ${process.arch}`,
    `Node ${process.versions.node}`,
    ...versions,
    `tidemill ${versionOf('package.json')}${commit === undefined ? '' : ` (${commit})`}`,
  ].join('; ');
}

function versionOf(file: string): string {
  return (JSON.parse(readFileSync(new URL(file, root), 'utf8')) as { version: string }).version;
}

/** The commit of a clone, with a `+` where files differ from it; nothing without git. */
export function commitOf(clone: URL): string | undefined {
  const git = (...args: string[]): string | undefined => {
    const { status, stdout } = spawnSync('git', args, { cwd: clone, encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  };
  const head = git('rev-parse', '--short', 'HEAD');
  return head === undefined ? undefined : `${head}${git('status', '--porcelain') === '' ? '' : '+'}`;
}
