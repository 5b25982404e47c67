/** What a crash leaves of the spool, at any byte, comes out whole: nothing that was answered is lost, doubled or out of order. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mendSpool } from '#server/capture/spool/mend.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const folder = temporaryFolder();
let spools = 0;

const OI = 'oirawdata/2026/03/02/sensor-000008-1772452800000';
const SES = 'sesrawdata/2026/03/02/sensor-000003-1772409600000';

/** A spool in which a crash left these bytes; `before` are lines of sesrawdata whose package of oirawdata is closed. */
function crashed(before: string, oi: string | Buffer, ses: string | Buffer, offset = Buffer.byteLength(before)): string {
  const spool = path.join(folder, String(spools++));
  for (const at of [OI, SES]) mkdirSync(path.join(spool, at), { recursive: true });
  writeFileSync(path.join(spool, OI, 'data.txt.temp'), oi);
  writeFileSync(path.join(spool, OI, 'twin.json'), JSON.stringify({ package: SES, bytes: offset }));
  writeFileSync(path.join(spool, SES, 'data.txt.temp'), Buffer.concat([Buffer.from(before), Buffer.from(ses)]));
  return spool;
}

function content(spool: string, at: string, file = 'data.txt'): string {
  const whole = path.join(spool, at, file);
  return existsSync(whole) ? readFileSync(whole, 'utf8') : '';
}

const line = fc.record({ time: fc.nat(), name: fc.string({ unit: 'grapheme', maxLength: 6 }) }).map((l) => `${JSON.stringify(l)}\n`);
const lines = fc.array(line, { maxLength: 6 });
/** A part of the batch that a crash cut: some bytes from its beginning. */
const cutAt = fc.double({ min: 0, max: 1, noNaN: true });

test('property: killed at any byte of either file', async () => {
  await fc.assert(
    fc.asyncProperty(lines, lines, lines, cutAt, cutAt, async (earlier, safe, batch, a, b) => {
      const [before, answered] = [earlier.join(''), safe.join('')];
      const bytes = Buffer.from(batch.join(''));
      const [cutA, cutB] = [bytes.subarray(0, Math.round(a * bytes.length)), bytes.subarray(0, Math.round(b * bytes.length))];
      const spool = crashed(before, Buffer.concat([Buffer.from(answered), cutA]), Buffer.concat([Buffer.from(answered), cutB]));
      const { closed } = await mendSpool(spool);

      const longest = cutA.length > cutB.length ? cutA : cutB;
      const whole = longest.subarray(0, longest.lastIndexOf(10) + 1).toString();
      expect(content(spool, OI)).toBe(answered + whole);
      expect(content(spool, SES)).toBe(before + answered + whole);
      expect(closed).toEqual([...(answered + whole === '' ? [] : [OI]), ...(before + answered + whole === '' ? [] : [SES])]);
      // What is no whole line is kept beside.
      expect(content(spool, OI, 'data.txt.torn')).toBe(cutA.subarray(cutA.lastIndexOf(10) + 1).toString());
      expect(content(spool, SES, 'data.txt.torn')).toBe(cutB.subarray(cutB.lastIndexOf(10) + 1).toString());
      expect(existsSync(path.join(spool, OI, 'twin.json'))).toBe(false);
      expect(await mendSpool(spool)).toMatchObject({ closed: [], torn: {}, taken: 0, greatest: Math.max(0, ...greatest(spool)) });
      rmSync(spool, { recursive: true });
    }),
    { numRuns: 60, examples: [[[], [], ['{"a":1}\n'], 0.2, 0]] },
  );
});

function greatest(spool: string): number[] {
  return [existsSync(path.join(spool, OI)) ? 8 : 0, existsSync(path.join(spool, SES)) ? 3 : 0];
}

test('a power cut may leave zeros, or anything else, behind what was safe', async () => {
  const safe = '{"a":1}\n{"a":2}\n';
  const spool = crashed('', Buffer.concat([Buffer.from(safe), Buffer.alloc(9000)]), `${safe}{"a":3}\nrubbish\n{"a":4}\n`);
  expect(await mendSpool(spool)).toMatchObject({ taken: 1, torn: { [OI]: 9000, [SES]: 16 } });
  expect(content(spool, OI)).toBe(`${safe}{"a":3}\n`);
  expect(content(spool, SES)).toBe(`${safe}{"a":3}\n`);
  expect(content(spool, SES, 'data.txt.torn')).toBe('rubbish\n{"a":4}\n');
});

test('a crash while it was mended, after one file got the lines of the other', async () => {
  const spool = crashed('{"b":1}\n', '{"a":1}\n{"a":2}\n', '{"a":1}\n{"a"');
  await mendSpool(spool);
  expect(content(spool, SES)).toBe('{"b":1}\n{"a":1}\n{"a":2}\n');
  // The same, as it is between the renaming of the two.
  const again = crashed('{"b":1}\n', '', '{"a":1}\n{"a":2}\n');
  rmSync(path.join(again, OI), { recursive: true });
  expect(await mendSpool(again)).toMatchObject({ closed: [SES], torn: {} });
});

test('a package without its twin is mended alone', async () => {
  const spool = crashed('', '{"a":1}\n{"a":2', '{"a":1}\n');
  rmSync(path.join(spool, OI, 'twin.json'));
  expect(await mendSpool(spool)).toMatchObject({ closed: [OI, SES], torn: { [OI]: 6 } });
  expect(content(spool, OI)).toBe('{"a":1}\n');
});

test('sesrawdata that is shorter than it was: its twin gives back what it has', async () => {
  const spool = crashed('', '{"a":1}\n{"a":2}\n', '{"b":1}\n{"b"', 800);
  await mendSpool(spool);
  expect(content(spool, SES)).toBe('{"b":1}\n{"a":1}\n{"a":2}\n');
});

test('a folder in which the crash came before the file is removed, and lines longer than a chunk are found', async () => {
  const long = `{"a":"${'x'.repeat(3 << 20)}"}\n`;
  const spool = crashed(long, `{"a":1}\n${long}`, `{"a":1}\n${long.slice(0, -5)}`);
  mkdirSync(path.join(spool, 'oirawdata/2026/03/02/sensor-000007-1772452800001'));
  expect(await mendSpool(spool)).toMatchObject({ closed: [OI, SES], taken: 1, greatest: 8 });
  expect(existsSync(path.join(spool, 'oirawdata/2026/03/02/sensor-000007-1772452800001'))).toBe(false);
  expect(content(spool, SES)).toBe(`${long}{"a":1}\n${long}`);
});

describe('a package of oirawdata that could be neither made nor removed is no twin of sesrawdata', () => {
  /** Leave an empty package of oirawdata whose twin begins where sesrawdata does. */
  const abandon = (spool: string, n: number): string => {
    const at = `oirawdata/2026/03/02/sensor-00000${n}-1772452800000`;
    mkdirSync(path.join(spool, at));
    writeFileSync(path.join(spool, at, 'data.txt.temp'), '');
    writeFileSync(path.join(spool, at, 'twin.json'), JSON.stringify({ package: SES, bytes: 0 }));
    return at;
  };

  test('beside the one that was written', async () => {
    const spool = crashed('', '{"a":1}\n{"a":2}\n', '{"a":1}\n');
    const abandoned = abandon(spool, 7);
    expect(await mendSpool(spool)).toMatchObject({ closed: [OI, SES], torn: {}, taken: 1 });
    expect([OI, SES].map((at) => content(spool, at))).toEqual(['{"a":1}\n{"a":2}\n', '{"a":1}\n{"a":2}\n']);
    expect(existsSync(path.join(spool, abandoned))).toBe(false);
  });

  test('when the one that was written is closed', async () => {
    const spool = crashed('', '{"a":1}\n', '{"a":1}\n');
    renameSync(path.join(spool, OI, 'data.txt.temp'), path.join(spool, OI, 'data.txt'));
    const abandoned = abandon(spool, 7);
    expect(await mendSpool(spool)).toMatchObject({ closed: [SES], torn: {}, taken: 0 });
    expect(existsSync(path.join(spool, abandoned))).toBe(false);
  });

  test('when the one that was written has been taken away', async () => {
    const spool = crashed('', '{"a":1}\n', '{"a":1}\n');
    rmSync(path.join(spool, OI), { recursive: true });
    writeFileSync(path.join(spool, 'sensor.number'), '8\n');
    const abandoned = abandon(spool, 7);
    expect(await mendSpool(spool)).toMatchObject({ closed: [SES], torn: {}, taken: 0 });
    expect(existsSync(path.join(spool, abandoned))).toBe(false);
  });
});
