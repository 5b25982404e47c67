import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { engineErrors, type ErrorSpec } from '#engine/errors.js';
import { serverErrors } from '#server/errors.js';
import { errorsPage } from '../.ci/docs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'ERRORS.md'), 'utf8');
const registered: Readonly<Record<string, ErrorSpec>> = { ...engineErrors, ...serverErrors };
const codes = Object.keys(registered).toSorted();

test('every code has one meaning', () => {
  expect(codes).toHaveLength(Object.keys(engineErrors).length + Object.keys(serverErrors).length);
  for (const code of codes) expect(code).toMatch(/^TM_ERR_[A-Z]+(_[A-Z]+)*$/);
});

test('ERRORS.md has the codes of the registries, all of them and no others', () => {
  const documented = [...page.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
  expect(documented, 'run `npm run docs`').toEqual(codes);
});

test('ERRORS.md says of each code what the registry says', () => {
  expect(page, 'run `npm run docs`').toBe(errorsPage([engineErrors, serverErrors]));
});

test('the sources name no code that is not registered', () => {
  const unknown = ['engine', 'processors', 'server'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => {
        const named = readFileSync(join(root, folder, file), 'utf8').match(/\bTM_ERR_[A-Z_]*[A-Z]\b/g) ?? [];
        return named.filter((code) => !(code in registered)).map((code) => `${folder}/${file}: ${code}`);
      }),
  );
  expect(unknown).toEqual([]);
});
