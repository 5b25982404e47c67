/* What `--json` prints is what docs/json.md says. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { trafficBytes } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemillJson } from '../support/tidemill.js';

vi.setConfig({ testTimeout: 120_000 });

const page = readFileSync(fileURLToPath(new URL('../../docs/json.md', import.meta.url)), 'utf8');

/** The names that the page tells of a command, and of what it refers to. */
function toldOf(command: string): Set<string> {
  const row = page.split('\n').find((l) => l.startsWith(`| \`${command}\` |`)) ?? '';
  return new Set([...row.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string));
}

test('every field of every command is in docs/json.md', async () => {
  const data = temporaryFolder();
  const lines = path.join(data, 'lines.jsonl');
  writeFileSync(lines, Buffer.concat([trafficBytes({ impressions: 50, days: 1, seed: 3 }), Buffer.from('{"time":1}\n')]));
  const json = (...args: string[]) => tidemillJson([...args, '--data', data]) as Promise<Record<string, unknown>[]>;
  const told = async (command: string, ...args: string[]): Promise<void> => {
    const names = toldOf(command);
    const printed = await json(...args);
    expect(printed.length, command).toBeGreaterThan(0);
    for (const value of printed) expect([command, Object.keys(value).filter((key) => !names.has(key))]).toEqual([command, []]);
  };
  await told('run', 'run', lines);
  await told('import', 'import', lines);
  await told('process', 'process');
  await told('jobs', 'jobs');
  await told('locations', 'locations');
  const [raw] = await json('locations', 'oirawdata');
  const [report] = await json('locations', 'oiinjected');
  await told('inspect PATH', 'inspect', raw!['path'] as string);
  await told('inspect PATH', 'inspect', report!['path'] as string);
  await told('inspect PATH --rejects', 'inspect', raw!['path'] as string, '--rejects');
  await told('verify', 'verify');
});
