import { afterEach, expect, test } from 'vitest';
import { bundled } from '#engine/bundled.js';
import { Packr, Unpackr } from '#engine/msgpackr.js';

const NATIVE = 'MSGPACKR_NATIVE_ACCELERATION_DISABLED';
const before = process.env[NATIVE];
afterEach(() => {
  if (before === undefined) delete process.env[NATIVE];
  else process.env[NATIVE] = before;
});

test('msgpackr without its native part', () => {
  const { isNativeAccelerationEnabled } = bundled('msgpackr') as { isNativeAccelerationEnabled: boolean };
  expect(isNativeAccelerationEnabled).toBe(false);
  expect(new Unpackr().unpack(new Packr().pack({ word: 'grün', n: [1, 2.5] }))).toEqual({ word: 'grün', n: [1, 2.5] });
});

test.for([undefined, 'false'])('the environment stays as it was: %s', (value) => {
  if (value === undefined) delete process.env[NATIVE];
  else process.env[NATIVE] = value;
  bundled('msgpackr');
  expect(() => bundled('no-such-package')).toThrow(/Cannot find module/);
  expect(process.env[NATIVE]).toBe(value);
});
