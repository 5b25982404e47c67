import path from 'node:path';
import type { AddressInfo } from 'node:net';
import { zone } from '../../engine/index.js';
import { fail } from '../errors.js';
import { noteOf } from '../service/notes.js';
import type { Log } from '../log.js';
import type { Settings } from '../settings.js';
import type { CaptureStatus, ChildMessage } from '../supervisor/messages.js';
import { lockPatiently } from './capture-lock.js';
import { Counts } from './counts.js';
import { drain } from './drain.js';
import { Overload } from './overload.js';
import { createSensor } from './sensor.js';
import { Spool } from './spool/spool.js';

export interface CaptureOptions {
  /** The dataset's folder. */
  readonly folder: string;
  readonly settings: Settings;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: Log;
  readonly clock?: () => number;
  /** What the engine process is told. */
  readonly tell?: (message: Extract<ChildMessage, { kind: 'capture' | 'closed' }>) => void;
}

export interface Capture {
  readonly port: number;
  status(): CaptureStatus;
  /** Answer what waits, close all packages, and take no more. */
  close(): Promise<void>;
}

const TICK_MS = 100;
const SECOND_MS = 1000;
/** Requests that are not through by then are cut off when the sensor ends, in ms. */
const DRAIN_MS = 2000;
/** How long the process before may take to end, in ms. */
const LOCK_MS = 15_000;

/**
 * Sensor and spool of a dataset. Errors: TM_ERR_SPOOL, TM_ERR_LISTEN, TM_ERR_STORE_LOCKED where another process writes this spool
 * and does not end soon.
 */
export async function startCapture({ folder, settings, host, port, log, clock = Date.now, tell }: CaptureOptions): Promise<Capture> {
  const { sensor } = settings;
  const spoolFolder = path.join(folder, 'spool');
  const counts = new Counts();
  let since = clock();
  const report = (): void => tell?.({ kind: 'capture', status: status() });
  const overload = new Overload(sensor.requestQueue, (state, before) => {
    since = clock();
    const data = { state, before, queue: spool.waiting, bytes: spool.waitingBytes };
    if (state === 'OK') log.info('the sensor is well again', data);
    else log.warn(state === 'WARNING' ? 'many requests wait in the sensor' : 'the sensor refuses requests', data);
    report();
  });
  const lock = await lockPatiently(path.join(spoolFolder, 'oirawdata'), LOCK_MS);
  const { spool, mended } = await Spool.open({
    folder: spoolFolder,
    zone: zone(settings.timeZone),
    thresholdMs: sensor.thresholdTime,
    sessionThresholdMs: sensor.sessionThresholdTime,
    commitMs: sensor.commitMs,
    clock,
    onClosed: (at) => {
      log.info('a package is closed', { package: at });
      tell?.({ kind: 'closed', package: at });
    },
    onTrouble: (error) => {
      if (error === undefined) log.info('impressions can be written again');
      else log.error('impressions cannot be written', { error });
      overload.broken(error !== undefined);
    },
  });
  for (const [at, bytes] of Object.entries(mended.torn))
    log.warn('a torn line was cut off and kept in data.txt.torn', { package: at, bytes });
  if (mended.closed.length > 0) log.info('packages of the last run are closed', { packages: mended.closed, taken: mended.taken });

  const app = createSensor({ settings: sensor, spool, overload, counts, clock, log });
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await spool.close();
    lock.release();
    throw fail('TM_ERR_LISTEN', `the sensor cannot listen on ${host}:${port}: ${(cause as Error).message}`, { cause });
  }
  const bound = (app.server.address() as AddressInfo).port;
  for (const at of mended.closed) tell?.({ kind: 'closed', package: at });

  const status = (): CaptureStatus => {
    const { openPackage: p, trouble } = spool;
    const { warnSize, maxSize } = sensor.requestQueue;
    const { accepted, rejected, refused, perSecond } = counts;
    const open = p === undefined ? null : { package: p.package, lines: p.lines, bytes: p.bytes, since: p.since };
    return {
      state: overload.state,
      since,
      port: bound,
      queue: spool.waiting,
      warnSize,
      maxSize,
      accepted,
      rejected,
      refused,
      perSecond,
      open,
      ...(trouble === undefined ? {} : { error: noteOf(trouble) }),
    };
  };
  const ticks = setInterval(() => void spool.tick(), TICK_MS);
  const seconds = setInterval(() => {
    counts.settle();
    overload.settle();
    report();
  }, SECOND_MS);

  return {
    port: bound,
    status,
    async close() {
      clearInterval(ticks);
      clearInterval(seconds);
      await drain(app, DRAIN_MS);
      await spool.close();
      lock.release();
    },
  };
}
