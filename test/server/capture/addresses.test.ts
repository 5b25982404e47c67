import { expect, test } from 'vitest';
import { anonymousAddress, countedAddress, isLoopback } from '#server/capture/addresses.js';

test.each([
  ['192.0.2.77', '192.0.2.0'],
  ['2001:db8:85a3:8d3:1319:8a2e:370:7348', '2001:db8:85a3::'],
  ['2001:db8::1', '2001:db8::'],
  ['2001:db8:0:5::9', '2001:db8::'],
  ['2001:0:7::1', '2001:0:7::'],
  ['::1', '::'],
  ['fe80::1', 'fe80::'],
  ['64:ff9b::c000:24d', '64:ff9b::'],
  ['1:2:3:4:5:6:c000:24d', '1:2:3::'],
  ['unknown', ''],
  ['', ''],
])('%s', (address, anonymous) => {
  expect(anonymousAddress(address)).toBe(anonymous);
});

test('a rate is of an IPv4 address, or of the /64 of an IPv6 one', () => {
  expect(countedAddress('192.0.2.77')).toBe('192.0.2.77');
  expect(countedAddress('2001:db8:1:2:3::4')).toBe(countedAddress('2001:db8:1:2::'));
  expect(countedAddress('2001:db8:1:2::')).not.toBe(countedAddress('2001:db8:1:3::'));
});

test('loopback', () => {
  expect(['127.0.0.1', '127.8.9.1', '::1'].map(isLoopback)).toEqual([true, true, true]);
  expect(['192.0.2.1', '127.evil.example', '::2', ''].map(isLoopback)).toEqual([false, false, false, false]);
});
