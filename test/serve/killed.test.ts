/*
 * Clients send impressions, and repeat what was not answered 2xx, while capture and engine processes are killed with SIGKILL at
 * seeded moments, and the supervisor as well now and then: the database must equal what the clients were told.
 * TIDEMILL_TEST_IMPRESSIONS=200000 makes it a long run, with 20 kills.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { Random } from '#bench/generate/random.js';
import { oracle } from '../oracle/oracle.js';
import { databaseOf, linesOf, prepareDataset, trafficBytes } from '../support/dataset.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tidemill } from '../support/tidemill.js';
import { send, type Told } from './clients.js';
import { serving, type ChildName, type Serving } from './serving.js';

const LONG = process.env['TIDEMILL_TEST_IMPRESSIONS'];
const IMPRESSIONS = Number(LONG ?? 10_000);
/** A supervisor waits longer before each start of a process that does not last: these are the kills of one life of it, in some order. */
const LIFE: readonly ChildName[] =
  LONG === undefined ? ['capture', 'capture', 'engine'] : ['capture', 'capture', 'capture', 'engine', 'engine'];
const LIVES = LONG === undefined ? 2 : 4;
const KILLS = LIVES * LIFE.length;
const CLIENTS = 6;
const TOKEN = 'a-token-of-the-clients';
const ONCE = '/once/';
const ZONE = 'Europe/Berlin';

/**
 * Two days of traffic, of two weeks and two months, in order of times that do not tie, each with an id. One of 25 is of an object
 * of its own, and sent once only.
 */
function impressions(n: number): string[] {
  const all = linesOf(trafficBytes({ impressions: n, days: 2, start: '2016-01-31', seed: 11 }));
  let last = 0;
  return all.map((bytes, i) => {
    const impression = JSON.parse(bytes.toString()) as Record<string, unknown>;
    const time = (last = Math.max(last + 1, impression['time'] as number));
    const once = i % 50 < 2 ? { object: `${ONCE}${i}`, action: 'view', type: 'Page', term: undefined } : {};
    return JSON.stringify({ ...impression, ...once, time, id: `i${i}` });
  });
}

/** The kills of all lives, those of each in a seeded order. */
function plan(random: Random): ChildName[] {
  const lives = Array.from({ length: LIVES }, () => {
    const left = [...LIFE];
    return LIFE.map(() => left.splice(random.below(left.length), 1)[0] as ChildName);
  });
  return lives.flat();
}

/** Data files in the spool, closed or not. */
function inSpool(data: string): string[] {
  const spool = path.join(data, 'analytics/spool');
  return readdirSync(spool, { recursive: true, encoding: 'utf8' }).filter((file) => /data\.txt(\.temp)?$/.test(file));
}

test(`${IMPRESSIONS} impressions and ${KILLS} kills`, { timeout: 300_000 + IMPRESSIONS * 5 }, async () => {
  const data = temporaryFolder();
  prepareDataset(data, {
    zone: ZONE,
    settings: { sensor: { ingestToken: TOKEN, thresholdTime: '700ms', sessionThresholdTime: '1s' } },
  });
  const random = new Random(7);
  const lines = impressions(IMPRESSIONS);
  const told: Told = { acknowledged: [], givenUp: [], requests: 0, lost: 0, refused: 0 };

  // Who waits for the clients, or they for the kills, is woken by either.
  let awake: () => void = () => undefined;
  let wake = new Promise<void>((resolve) => (awake = resolve));
  const tell = (): void => {
    awake();
    wake = new Promise<void>((resolve) => (awake = resolve));
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await wake;
  };

  let ports = ['--api-port', '0', '--sensor-port', '0'];
  const start = async (): Promise<Serving> => {
    const service = await serving(data, [...ports, '--workers', '1']);
    const [api = '', sensor = ''] = [service.api, service.sensor].map((url) => new URL(url).port);
    ports = ['--api-port', api, '--sensor-port', sensor];
    return service;
  };
  let service = await start();
  let lives: Promise<unknown> = Promise.resolve();
  let killed = 0;
  const segment = lines.length / (KILLS + 1);

  const killing = async (): Promise<void> => {
    for (const [i, name] of plan(random).entries()) {
      const at = (i + 0.2 + 0.8 * random.unit()) * segment;
      await until(() => told.acknowledged.length + told.givenUp.length >= at);
      if (i > 0 && i % LIFE.length === 0) {
        const next = service.end(random.below(2) === 0 ? 'SIGTERM' : 'SIGKILL').then(start);
        lives = next;
        service = await next;
      }
      await service.pid(name);
      // An engine that has just come has all before it: let it come to something.
      if (name === 'engine') await delay(random.below(1000));
      await service.kill(name);
      killed++;
      tell();
    }
  };
  const sending = send(told, {
    lines,
    clients: CLIENTS,
    most: Math.max(10, lines.length / 2000),
    url: service.sensor,
    token: TOKEN,
    random: new Random(8),
    once: (line) => line.includes(`"object":"${ONCE}`),
    may: (sent) => until(() => sent <= (killed + 2) * segment),
    again: () => lives.then(() => service.pid('capture')),
    onTold: tell,
  });
  await Promise.all([killing(), sending]);
  expect(killed).toBe(KILLS);
  expect(told.lost).toBeGreaterThan(0);
  expect(told.acknowledged.length + told.givenUp.length).toBe(lines.length);
  expect(await service.end('SIGTERM')).toMatchObject({ code: 0, signal: null });

  // What the end left in the spool is moved when it starts again.
  service = await start();
  await expect.poll(() => inSpool(data)).toEqual([]);
  expect(await service.end('SIGTERM')).toMatchObject({ code: 0, signal: null });
  const closed = await tidemill(['process', '--close', '--data', data]);
  expect(closed).toMatchObject({ code: 0 });
  expect(await tidemill(['verify', '--data', data])).toMatchObject({ code: 0 });

  // Nobody was told whether those that were given up have been taken: they may be there, but not twice.
  const views = await viewsOfOnce(databaseOf(data));
  expect([...views.values()].filter((n) => n !== 1)).toEqual([]);
  const taken = told.givenUp.filter((line) => views.has((JSON.parse(line) as { object: string }).object));
  const expected = Buffer.from([...told.acknowledged, ...taken].map((line) => `${line}\n`).join(''));
  const should = await oracle([expected], { zone: ZONE });
  try {
    expect(should.tally).toMatchObject({ duplicate: 0, rejected: {}, accepted: told.acknowledged.length + taken.length });
    expect(await should.differences(databaseOf(data))).toEqual([]);
  } finally {
    should.close();
  }
  if (LONG !== undefined) {
    const { requests, lost, refused, givenUp } = told;
    const figures = { acknowledged: told.acknowledged.length, requests, lost, refused, givenUp: givenUp.length, taken: taken.length };
    process.stderr.write(`${JSON.stringify(figures)}\n`);
  }
});

/** Views of each object that was sent once only. */
async function viewsOfOnce(file: string): Promise<Map<string, number>> {
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  const sql = await instance.connect();
  const found = await sql.runAndReadAll(`select object, sum(views)::integer from l3_object where object like '${ONCE}%' group by object`);
  sql.closeSync();
  instance.closeSync();
  return new Map(found.getRows() as [string, number][]);
}
