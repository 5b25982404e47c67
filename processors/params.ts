import { zone, type Context, type Zone } from '../engine/index.js';

/** The settings that change what the processors compute: plain data, part of every task. */
export interface Params {
  /** IANA name of the dataset's time zone. */
  readonly timeZone: string;
  /** A session without an id of its own is cut where two impressions are further apart than this. */
  readonly sessionTimeoutMs: number;
  /** The hosts of each site, lower case, without a leading `www.`. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
}

export function paramsOf(context: Context): Params {
  return context.params as unknown as Params;
}

const zones = new Map<string, Zone>();

/** The dataset's zone; asking ICU for an offset is slow, so it is kept for the life of the worker. */
export function zoneOf(context: Context): Zone {
  const { timeZone } = paramsOf(context);
  let found = zones.get(timeZone);
  if (found === undefined) zones.set(timeZone, (found = zone(timeZone)));
  return found;
}
