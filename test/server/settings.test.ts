import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readSettings, type Settings } from '#server/settings.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function settingsOf(text: string, environment: Readonly<Record<string, string>> = {}): Settings {
  const folder = path.join(temporaryFolder(), 'analytics');
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'dataset.json'), text);
  return readSettings(folder, environment);
}

test.each([
  ['{"sensor":{"thresholdtime":"5m"}}', 'sensor.thresholdtime: there is no such setting, but sensor.thresholdTime'],
  ['{"sensor":{"requestQueue":{"maxsize":5}}}', 'sensor.requestQueue.maxsize: there is no such setting, but sensor.requestQueue.maxSize'],
  ['{"timezone":"UTC"}', 'timezone: there is no such setting, but timeZone'],
  ['{"sites":{"shop":{"Hosts":[]}}}', 'sites.shop.Hosts: there is no such setting, but sites.shop.hosts'],
  ['{"sources":[{"path":"a","Cron":"* * * * *"}]}', 'sources.0.Cron: there is no such setting, but sources.0.cron'],
  ['{"colour":"red"}', 'colour: there is no such setting$'],
  ['{"sensor":{"thresholdTime":"5"}}', 'sensor.thresholdTime: must be a duration such as 30s'],
  ['{"memory":"lots"}', 'memory: must be a size such as 512MiB or 2GiB'],
  ['{"memory":"100MiB"}', 'memory: must be at least 256MiB'],
  ['{"timeZone":"Mars/Base"}', 'timeZone: must be an IANA time zone such as Europe/Berlin'],
])('%s is refused, and the message names the key', (text, message) => {
  expect(() => settingsOf(text)).toThrow(new RegExp(message));
});

test('a byte order mark is no reason to refuse a file', () => {
  expect(settingsOf('\ufeff{"timeZone":"Europe/Berlin"}').timeZone).toBe('Europe/Berlin');
});

test('the environment goes before the file', () => {
  const { session, sensor } = settingsOf('{"session":{"timeoutMinutes":5}}', {
    TIDEMILL_SESSION_TIMEOUT_MINUTES: '7',
    TIDEMILL_SENSOR_REQUEST_QUEUE_MAX_SIZE: '11000',
  });
  expect([session.timeoutMinutes, sensor.requestQueue.maxSize]).toEqual([7, 11_000]);
});

test('memory is read as bytes, from the file and the environment', () => {
  expect(settingsOf('{}').memory).toBeUndefined();
  expect(settingsOf('{"memory":"2GiB"}').memory).toBe(2 ** 31);
  expect(settingsOf('{"memory":"2GiB"}', { TIDEMILL_MEMORY: '300MiB' }).memory).toBe(300 * 2 ** 20);
});

test('of a bad value it says whether the file or the environment has it', () => {
  const variable = { TIDEMILL_SESSION_TIMEOUT_MINUTES: 'soon' };
  expect(() => settingsOf('{}', variable)).toThrow(/^TIDEMILL_SESSION_TIMEOUT_MINUTES: /);
  expect(() => settingsOf('{"sensor":{"commitMs":-1}}', variable)).toThrow(
    /dataset\.json: sensor\.commitMs: .*; TIDEMILL_SESSION_TIMEOUT_MINUTES: /,
  );
  expect(() => settingsOf('{}', { TIDEMILL_SENSOR_REQUEST_QUEUE_MAX_SIZE: '5' })).toThrow(
    /^TIDEMILL_SENSOR_REQUEST_QUEUE_MAX_SIZE: warnSize must not be above maxSize$/,
  );
  // These override nothing.
  expect(() => settingsOf('{"nope":1,"sensor":{"thresholdtime":"1m"}}', { TIDEMILL: '/opt', TIDEMILL_SENSOR: 'on' })).toThrow(
    /dataset\.json: sensor\.thresholdtime: there is no such setting, but sensor\.thresholdTime; nope: there is no such setting$/,
  );
});
