/**
 * The beans of seed 004, with the fields that spec §2, §5 and §6 give them. Times are ms since the epoch, UTC.
 *
 * An object impression is captured once and read in two ways: as TransferObject in oirawdata and as RawSensorCallBean in
 * sesrawdata. Both have all its fields, so that custom processors can read either.
 */
import { aggregate, bean } from '../engine/index.js';

const impression = {
  time: 'integer',
  site: 'string',
  action: 'string',
  object: 'string',
  type: 'string',
  name: 'string',
  term: 'string',
  session: 'string',
  visitor: 'string',
  ip: 'string',
  agent: 'string',
  referrer: 'string',
  browser: 'string',
  os: 'string',
  device: 'string',
  country: 'string',
  region: 'string',
  city: 'string',
  segments: 'strings',
  recommendations: 'strings',
  params: 'json',
  id: 'string',
} as const;

/** `visitor` is the visitor key: what the site gave, or a keyed hash of ip and agent. */
export const TransferObject = bean('TransferObject', impression);
export const RawSensorCallBean = bean('RawSensorCallBean', impression);

/** One session of one local day. `path`: the objects of its views, in order. */
export const SessionBean = bean('SessionBean', {
  site: 'string',
  session: 'string',
  visitor: 'string',
  start: 'integer',
  end: 'integer',
  impressions: 'integer',
  entry: 'string',
  exit: 'string',
  path: 'strings',
  browser: 'string',
  os: 'string',
  device: 'string',
  ip: 'string',
  referrer: 'string',
  country: 'string',
  region: 'string',
  city: 'string',
  segments: 'strings',
  recommendations: 'strings',
});

/** One a session, not aggregated: its visitor, and what the site knows of him. */
export const VisitorBean = bean('VisitorBean', {
  site: 'string',
  visitor: 'string',
  impressions: 'integer',
  segments: 'strings',
  recommendations: 'strings',
});

/** One a session, not aggregated: its visitor, and where he was. */
export const VisitorLocationBean = bean('VisitorLocationBean', {
  site: 'string',
  visitor: 'string',
  impressions: 'integer',
  country: 'string',
  region: 'string',
  city: 'string',
});

/** What the site last said of an object: its type, and its name (title). */
export const L2Object = aggregate('L2Object', {
  table: 'l2_object',
  key: { site: 'string', object: 'string' },
  measures: { type: { latest: 'last_seen' }, name: { latest: 'name_seen' }, first_seen: 'min', last_seen: 'max', name_seen: 'max' },
});

export const L3Objecttype = aggregate('L3Objecttype', {
  table: 'l3_objecttype',
  key: { site: 'string', type: 'string' },
  measures: { views: 'sum' },
});
export const L3Object = aggregate('L3Object', {
  table: 'l3_object',
  key: { site: 'string', type: 'string', object: 'string' },
  measures: { views: 'sum' },
});
export const L3Download = aggregate('L3Download', {
  table: 'l3_download',
  key: { site: 'string', type: 'string', object: 'string' },
  measures: { downloads: 'sum' },
});
export const L3InternalSearch = aggregate('L3InternalSearch', {
  table: 'l3_internalsearch',
  key: { site: 'string', term: 'string' },
  measures: { searches: 'sum' },
});

const perSession = { sessions: 'sum', impressions: 'sum' } as const;
export const L3Session = aggregate('L3Session', {
  table: 'l3_session',
  key: { site: 'string' },
  measures: { ...perSession, bounces: 'sum', duration_ms: 'sum' },
});
export const L3Browser = aggregate('L3Browser', { table: 'l3_browser', key: { site: 'string', browser: 'string' }, measures: perSession });
export const L3Os = aggregate('L3Os', { table: 'l3_os', key: { site: 'string', os: 'string' }, measures: perSession });
export const L3Device = aggregate('L3Device', { table: 'l3_device', key: { site: 'string', device: 'string' }, measures: perSession });
export const L3SessionEntry = aggregate('L3SessionEntry', {
  table: 'l3_sessionentry',
  key: { site: 'string', object: 'string' },
  measures: { sessions: 'sum', bounces: 'sum' },
});
export const L3SessionExit = aggregate('L3SessionExit', {
  table: 'l3_sessionexit',
  key: { site: 'string', object: 'string' },
  measures: { sessions: 'sum' },
});
export const L3ClickStream = aggregate('L3ClickStream', {
  table: 'l3_clickstream',
  key: { site: 'string', object_from: 'string', object_to: 'string' },
  measures: { clicks: 'sum' },
});
export const L3Referrer = aggregate('L3Referrer', {
  table: 'l3_referrer',
  key: { site: 'string', referrer: 'string' },
  measures: perSession,
});
export const L3Ip = aggregate('L3Ip', { table: 'l3_ip', key: { site: 'string', ip: 'string' }, measures: perSession });
export const L3SessionHour = aggregate('L3SessionHour', {
  table: 'l3_sessionhour',
  key: { site: 'string', hour: 'integer' },
  measures: perSession,
});
export const L3SessionDuration = aggregate('L3SessionDuration', {
  table: 'l3_sessionduration',
  key: { site: 'string', from_s: 'integer' },
  measures: { sessions: 'sum' },
});

const perVisitor = { visitors: 'sum', sessions: 'sum', impressions: 'sum' } as const;
export const L3Visitor = aggregate('L3Visitor', { table: 'l3_visitor', key: { site: 'string' }, measures: perVisitor });
export const L3Country = aggregate('L3Country', { table: 'l3_country', key: { site: 'string', country: 'string' }, measures: perVisitor });
export const L3Region = aggregate('L3Region', {
  table: 'l3_region',
  key: { site: 'string', country: 'string', region: 'string' },
  measures: perVisitor,
});
export const L3City = aggregate('L3City', {
  table: 'l3_city',
  key: { site: 'string', country: 'string', region: 'string', city: 'string' },
  measures: perVisitor,
});
export const L3Segment = aggregate('L3Segment', { table: 'l3_segment', key: { site: 'string', segment: 'string' }, measures: perVisitor });
export const L3Recommendation = aggregate('L3Recommendation', {
  table: 'l3_recommendation',
  key: { site: 'string', recommendation: 'string' },
  measures: perVisitor,
});
