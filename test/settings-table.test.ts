import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { settingsJsonSchema } from '#server/settings.js';
import { withSettings } from '../.ci/docs.mjs';

const readme = readFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');

test('the table of settings in the README is that of the schema', () => {
  expect(readme, 'run `npm run docs`').toBe(withSettings(readme, settingsJsonSchema()));
});

test('every setting is in it, with its default and a description', () => {
  for (const row of [
    '| `timeZone` | text | `UTC` |',
    '| `sensor.requestQueue.maxSize` | number | `50000` |',
    '| `sensor.thresholdTime` | duration | `10m` |',
    '| `memory` | size |  |',
    '| `sites.<name>.hosts` | list | `[]` |',
    '| `sources[].path` | text |  |',
    '| `retention.<name>.keep` | duration |  |',
  ])
    expect(readme).toContain(row);
});
