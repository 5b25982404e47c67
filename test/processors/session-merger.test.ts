import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RawSensorCallBean, SessionBean } from '#processors/beans.js';
import { SessionMerger } from '#processors/session-merger.js';
import { hostName, referrerName } from '#processors/session/referrer.js';
import type { Bean } from '#engine/bean-batch.js';
import type { MapReduce } from '#engine/processor.js';
import { impressions, MINUTE, params, TIMEOUT } from '../support/impressions.js';
import { beansIn, cutting, mapReduce, sorted, type Shards } from '../support/map-reduce.js';

const work = (SessionMerger as { work: MapReduce }).work;
const context = { params };

function merge(shards: Shards, partitions = 1): Bean[][] {
  return mapReduce(work, RawSensorCallBean, shards, partitions, context).map((batches) => beansIn(SessionBean, batches));
}

/** Spec §5 Sessions, word by word. */
function naive(beans: readonly Bean[]): Bean[] {
  const groups = new Map<string, Bean[]>();
  for (const b of beans) {
    const key = JSON.stringify([b['site'], b['session'], b['session'] === '' ? b['visitor'] : null]);
    groups.set(key, [...(groups.get(key) ?? []), b]);
  }
  const sessions = [...groups.values()].flatMap((group) => {
    const inOrder = group.toSorted((a, b) => (a['time'] as number) - (b['time'] as number)); // stable: then by position
    const cut: Bean[][] = [];
    for (const [i, b] of inOrder.entries()) {
      const gap = i === 0 ? Infinity : (b['time'] as number) - (inOrder[i - 1]!['time'] as number);
      if (i === 0 || (b['session'] === '' && gap > TIMEOUT)) cut.push([]);
      cut.at(-1)!.push(b);
    }
    return cut;
  });
  return sessions.map((own): Bean => {
    const first = own[0]!;
    const path = own.filter((b) => b['action'] === 'view').map((b) => b['object'] as string);
    const union = (field: string): string[] =>
      sorted(
        [...new Set(own.flatMap((b) => b[field] as string[]))].map((x) => ({ x })),
        ['x'],
      ).map((b) => b['x'] as string);
    const { site, session, visitor, browser, os, device, ip, country, region, city } = first;
    const hosts = new Map<unknown, string[]>(Object.entries(params.hosts)).get(site) ?? [];
    return {
      site,
      session,
      visitor,
      start: first['time'],
      end: own.at(-1)!['time'],
      impressions: own.length,
      entry: path[0] ?? '',
      exit: path.at(-1) ?? '',
      path,
      browser,
      os,
      device,
      ip,
      referrer: referrerName(first['referrer'] as string, hosts),
      country,
      region,
      city,
      segments: union('segments'),
      recommendations: union('recommendations'),
    };
  });
}

const KEY = ['site', 'session', 'key', 'start'];
const withKey = (beans: readonly Bean[]): Bean[] => beans.map((b) => ({ ...b, key: b['session'] === '' ? b['visitor'] : '' }));

describe('sessions', () => {
  test('are those of the spec, however the impressions are cut into blocks, shards and partitions', () => {
    const cut = impressions.chain((beans) => fc.tuple(fc.constant(beans), cutting(beans), fc.integer({ min: 1, max: 4 })));
    fc.assert(
      fc.property(cut, ([beans, shards, partitions]) => {
        const made = merge(shards, partitions).map(withKey);
        expect(sorted(made.flat(), KEY)).toEqual(sorted(withKey(naive(beans)), KEY));
        for (const own of made) expect(own).toEqual(sorted(own, KEY));
      }),
      { numRuns: 300 },
    );
  });

  const at = (minutes: number, more: Bean = {}): Bean => ({
    time: Date.UTC(2020, 0, 1) + minutes * MINUTE,
    site: 'shop',
    action: 'view',
    object: '/',
    type: 'Page',
    name: '',
    term: '',
    session: '',
    visitor: 'u',
    ip: '',
    agent: '',
    referrer: '',
    browser: '',
    os: '',
    device: '',
    country: '',
    region: '',
    city: '',
    segments: [],
    recommendations: [],
    params: null,
    id: '',
    ...more,
  });
  const lengths = (shards: Shards): unknown[] => merge(shards)[0]!.map((s) => s['impressions']);

  test('a gap of exactly the timeout does not cut, one ms more does', () => {
    expect(lengths([[[at(0), at(30)]]])).toEqual([2]);
    expect(lengths([[[at(0)]], [[at(30)]]])).toEqual([2]);
    expect(lengths([[[at(0), at(30 + 1 / MINUTE)]]])).toEqual([1, 1]);
    expect(lengths([[[at(0)]], [[at(30 + 1 / MINUTE)]]])).toEqual([1, 1]);
  });

  test('what another block holds closes a gap, and a long fragment is not cut by a short one inside it', () => {
    expect(lengths([[[at(0), at(50)], [at(25)]]])).toEqual([3]);
    expect(lengths([[[at(0), at(25), at(50)]], [[at(10)]], [[at(79)]]])).toEqual([5]);
    expect(lengths([[[at(79)]], [[at(10)]], [[at(0), at(25), at(50)]]])).toEqual([5]);
  });

  test('a session with an id is never cut, and visitors in it do not part it', () => {
    const own = (minutes: number, visitor: string): Bean => at(minutes, { session: 's', visitor, browser: visitor });
    const [[session, ...others]] = merge([[[own(900, 'w')]], [[own(0, 'v'), own(300, 'u')]]]) as [Bean[]];
    expect(others).toEqual([]);
    expect(session).toMatchObject({ session: 's', visitor: 'v', browser: 'v', impressions: 3, start: at(0)['time'], end: at(900)['time'] });
  });

  test('equal times are in the order of packages and lines', () => {
    const view = (object: string, more: Bean = {}): Bean => at(5, { object, ...more });
    const [[session]] = merge([[[view('/1', { ip: 'first' }), view('/2')], [view('/3')]], [[view('/4', { ip: 'last' })]]]) as [Bean[]];
    expect(session).toMatchObject({ path: ['/1', '/2', '/3', '/4'], entry: '/1', exit: '/4', ip: 'first' });
  });

  test('views that overlap are put into the order of time', () => {
    const view = (minutes: number, object: string): Bean => at(minutes, { object });
    const [[session]] = merge([[[view(0, '/1'), view(4, '/4')]], [[view(2, '/2'), view(4, '/5')]], [[view(3, '/3')]]]) as [Bean[]];
    expect(session!['path']).toEqual(['/1', '/2', '/3', '/4', '/5']);
  });

  test('… equal times in the order of position, though the later package begins earlier', () => {
    const view = (minutes: number, object: string): Bean => at(minutes, { object });
    const [[session]] = merge([[[view(3, '/2'), view(5, '/3')]], [[view(0, '/1'), view(5, '/4')]]]) as [Bean[]];
    expect(session!['path']).toEqual(['/1', '/2', '/3', '/4']);
  });

  test('without a view there is neither entry nor exit', () => {
    const [[session]] = merge([[[at(0, { action: 'search', object: '', term: 'x' }), at(1, { action: 'download' })]]]) as [Bean[]];
    expect(session).toMatchObject({ entry: '', exit: '', path: [], impressions: 2 });
  });
});

describe('what reports show of a referrer', () => {
  test.for([
    ['', '(direct)'],
    ['http://search.example/?q=a', 'search.example'],
    ['HTTPS://WWW.Search.Example', 'search.example'],
    ['http://www.www.example/', 'www.example'],
    ['http://search.example:8080/x', 'search.example'],
    ['http://user:word@search.example/', 'search.example'],
    ['http://user@search.example:1', 'search.example'],
    ['http://search.example?a@b', 'search.example'],
    ['http://search.example#a@b', 'search.example'],
    ['android-app://com.example.reader/', 'com.example.reader'],
    ['x+y-z.1://host', 'host'],
    ['http://грай.example/', 'грай.example'],
    ['http://shop.example/a', '(internal)'],
    ['https://www.SHOP.example:443', '(internal)'],
    ['http://shop.example.evil.example/', 'shop.example.evil.example'],
    ['http://sub.shop.example/', 'sub.shop.example'],
    ['shop.example', '(other)'],
    ['/path', '(other)'],
    ['-', '(other)'],
    ['http://', '(other)'],
    ['http:///path', '(other)'],
    ['mailto:a@b.example', '(other)'],
    ['://host', '(other)'],
    ['1http://host', '(other)'],
    [' http://host', '(other)'],
  ])("'%s' is %s", ([referrer, name]) => {
    expect(referrerName(referrer!, ['shop.example'])).toBe(name);
  });

  test('hosts are compared in lower case, without one www.', () => {
    expect(['WWW.Shop.Example', 'www.www.x', 'wwwx.y', ''].map(hostName)).toEqual(['shop.example', 'www.x', 'wwwx.y', '']);
  });
});
