import { Writable } from 'node:stream';
import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { print, printJson, reportError } from '#server/cli/output.js';
import { fail } from '#server/errors.js';

afterEach(() => vi.restoreAllMocks());

const brokenPipe = (): Error => Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });

/** What standard output is while something runs. */
function standardOutput(stream: Writable): void {
  vi.spyOn(process, 'stdout', 'get').mockReturnValue(stream as typeof process.stdout);
}

test('a database whose connection broke is an error; a reader of our output that went away is none', async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const lost = fail('TM_ERR_DATABASE_UNAVAILABLE', 'the connection was lost', { cause: brokenPipe() });
  expect(reportError(lost, false)).toBe(1);
  expect(reportError(brokenPipe(), false)).toBe(1);

  const gone = new Writable();
  gone.destroy(brokenPipe());
  await once(gone, 'error');
  standardOutput(gone);
  expect(() => print('lost')).toThrow('EPIPE');
  expect(reportError(gone.errored, false)).toBe(0);
  expect(reportError(lost, false)).toBe(1);
  expect(reportError(fail('TM_ERR_EXPORT_FAILED', 'no', { cause: brokenPipe() }), false)).toBe(0);
});

test('JSON holds nothing that drives a terminal, and says the same', () => {
  let printed = '';
  const write = (chunk: Buffer, _: string, done: () => void): void => {
    printed += chunk.toString();
    done();
  };
  standardOutput(new Writable({ write }));
  const value = { name: 'a\u001b[2J\u009b31m\u202Egnp.exe\u2028 \u200d\u{e0041} 日本', '\u0085': 1 };
  printJson(value);
  // oxlint-disable-next-line no-control-regex
  expect(printed.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e\u2028\u{e0041}]/u);
  expect(JSON.parse(printed)).toEqual(value);
});
