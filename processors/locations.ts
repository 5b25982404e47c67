/** The 15 locations of seed 004, with the layouts of spec §4. */
import * as b from './beans.js';
import type { BeanType, Layout, Location } from '../engine/index.js';

const location = (name: string, layout: Layout, ...holds: BeanType[]): Location => ({ name, layout, holds });

const objectSums = [b.L2Object, b.L3Objecttype, b.L3Object, b.L3Download, b.L3InternalSearch];
const sessionSums = [
  b.L3Session,
  b.L3Browser,
  b.L3Os,
  b.L3Device,
  b.L3SessionEntry,
  b.L3SessionExit,
  b.L3ClickStream,
  b.L3Referrer,
  b.L3Ip,
  b.L3SessionHour,
  b.L3SessionDuration,
];
const visitorSums = [b.L3Visitor, b.L3Country, b.L3Region, b.L3City, b.L3Segment, b.L3Recommendation];

export const locations: readonly Location[] = [
  location('oirawdata', 'day-time', b.TransferObject),
  location('oiprocessed', 'day-time', ...objectSums),
  location('oiinjected', 'daily'),
  location('sesrawdata', 'day-time', b.RawSensorCallBean),
  location('sesdata', 'daily', b.SessionBean),
  location('sesprocessed', 'daily', ...sessionSums),
  location('sesinjected', 'daily'),
  location('visdata', 'daily', b.VisitorBean, b.VisitorLocationBean),
  location('visprocessed', 'daily', ...visitorSums),
  location('visinjected', 'daily'),
  location('visweekdata', 'weekly-by-day', b.VisitorBean, b.VisitorLocationBean),
  location('visweekprocessed', 'weekly', ...visitorSums),
  location('visweekinjected', 'weekly'),
  location('vismonthprocessed', 'monthly', ...visitorSums),
  location('vismonthinjected', 'monthly'),
];
