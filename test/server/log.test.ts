import { expect, test } from 'vitest';
import { createLog } from '#server/log.js';
import { fail } from '#server/errors.js';

function logged(event: string, data?: Record<string, unknown>): Record<string, unknown> {
  const lines: string[] = [];
  createLog('capture', (line) => lines.push(line)).warn(event, data);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[ -~…]+\n$/);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

test('one JSON line an event, with time, level and process', () => {
  expect(logged('a package is closed', { package: 'p', lines: 3 })).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    process: 'capture',
    msg: 'a package is closed',
    package: 'p',
    lines: 3,
  });
});

test('what could drive a terminal, or forge a line, is escaped, as deep as it may be', () => {
  const evil = '\u001b[2J\u202e\r\n{"msg":"forged"}\u0085\0';
  const shown = '\\x1b[2J\\u202e\\r\\n{"msg":"forged"}\\x85\\x00';
  expect(logged(evil, { a: { b: [evil] }, [evil]: 1 })).toMatchObject({ msg: shown, a: { b: [shown] }, [shown]: 1 });
});

test('secrets are left out', () => {
  expect(logged('settings', { sensor: { ingestToken: 'x' }, Authorization: 'x', visitorKey: 'x', password: 'x' })).toMatchObject({
    sensor: { ingestToken: '(left out)' },
    Authorization: '(left out)',
    visitorKey: '(left out)',
    password: '(left out)',
  });
});

test('errors by their codes and causes; a stack only where nobody foresaw it', () => {
  const cause = Object.assign(new Error('no room'), { code: 'ENOSPC' });
  expect(logged('x', { error: fail('TM_ERR_SPOOL', 'broken', { cause }) })['error']).toEqual({
    code: 'TM_ERR_SPOOL',
    message: 'broken',
    cause: { code: 'ENOSPC', message: 'no room' },
  });
  expect(logged('x', { error: new TypeError('bug') })['error']).toMatchObject({
    message: 'bug',
    stack: expect.stringContaining('log.test'),
  });
});
