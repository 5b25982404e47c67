import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkTree, importsOf, violationsOf } from '../.ci/layering.mjs';

const dependencies = new Set(['lmdb', 'piscina', 'pino', 'msgpackr', '@duckdb/node-api']);
const check = (file: string, source: string): string[] => violationsOf(file, source, dependencies).map((v) => v.message);

describe('importsOf', () => {
  test.each([
    ["import { a } from './a.js'"],
    ["import type { A } from './a.js'"],
    ["import { type A } from './a.js'"],
    ["import './a.js'"],
    ["export * from './a.js'"],
    ["export { a } from './a.js'"],
    ["export type { A } from './a.js'"],
    ["const a = await import('./a.js')"],
    ['const a = await import(`./a.js`)'],
    ["type A = import('./a.js').A"],
    ["const url = new URL('./a.js', import.meta.url)"],
    ["const url = import.meta.resolve('./a.js')"],
    ["import { createRequire } from './a.js'"],
    ["function f() { return require('./a.js'); }"],
  ])('%s', (source) => {
    expect(importsOf('x.ts', `\n${source};\n`)).toEqual([{ specifier: './a.js', line: 2 }]);
  });

  test('not in comments and strings', () => {
    expect(importsOf('x.ts', "// import './a.js'\nconst s = \"import './b.js'\";")).toEqual([]);
  });
});

describe('what is refused', () => {
  test.each([
    ['engine/block.ts', '../processors/beans.js', 'engine may not import from processors'],
    ['engine/block.ts', '../server/errors.js', 'engine may not import from server'],
    ['processors/sessions.ts', '../engine/block.js', 'processors know engine/index.js only'],
    ['processors/sessions.ts', '../server/errors.js', 'processors may not import from server'],
    ['processors/sessions.ts', 'node:fs', 'processors are pure'],
    ['server/cli.ts', '../bench/generate.js', 'server may not import from bench'],
    ['server/cli.ts', './panel/app.js', 'the panel runs in browsers'],
    ['server/panel/app.tsx', '../errors.js', 'the panel runs in browsers'],
    ['server/panel/app.tsx', '../../engine/index.js', 'the panel runs in browsers'],
    ['server/cli.ts', '../test/helpers.js', 'server may not import from test'],
    ['server/api/jobs.ts', '../../test/helpers.js', 'server may not import from test'],
    ['server/cli.ts', '#engine/index.js', 'only tests import by'],
    ['server/cli.ts', '../package.json', 'outside of the source folders'],
    ['server/cli.ts', 'fs', "write 'node:fs'"],
    ['server/cli.ts', 'left-pad', 'not among the dependencies'],
    ['engine/block.ts', 'lmdb', 'only files in engine/store/'],
    ['server/cli.ts', 'lmdb', 'only files in engine/store/'],
    ['engine/store/memory.ts', 'piscina', 'only files in engine/executor/'],
    ['engine/executor/pool.ts', 'pino', 'only files in server/'],
    ['processors/sessions.ts', '@duckdb/node-api/lib/x.js', 'only files in server/'],
  ])('%s: %s', (file, specifier, message) => {
    for (const source of [`import '${specifier}'`, `import type { X } from '${specifier}'`, `void import('${specifier}')`]) {
      expect(check(file, source)).toEqual([expect.stringContaining(message)]);
    }
  });
});

test.each([
  ['engine/store/lmdb.ts', 'lmdb'],
  ['engine/store/lmdb.ts', '../block.js'],
  ['engine/executor/pool.ts', 'piscina'],
  ['engine/block.ts', 'node:zlib'],
  ['engine/block.ts', 'msgpackr/pack'],
  ['processors/sessions.ts', '../engine/index.js'],
  ['server/cli.ts', '../engine/store/lmdb.js'],
  ['server/cli.ts', '../processors/index.js'],
  ['server/panel/api/types.ts', '../../api/schemas/index.js'],
  ['bench/generate.ts', '../server/import/lines.js'],
  ['test/engine/store/lmdb.test.ts', '#engine/store/lmdb.js'],
  ['test/engine/store/lmdb.test.ts', 'lmdb'],
])('allowed: %s: %s', (file, specifier) => {
  expect(check(file, `import '${specifier}'`)).toEqual([]);
});

test('this project keeps its layering', () => {
  expect(checkTree(fileURLToPath(new URL('..', import.meta.url)))).toEqual([]);
});
