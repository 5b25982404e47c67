import type { Context, Fields } from './awkward-context.js';
import { REFERRERS } from './awkward-context.js';
import { EARLIEST, someDay, someInstant, someMidnight } from './awkward-instants.js';

/** Good impressions that mean something together. Where times are equal, the order of the list is the order of the file. */
export type Story = (c: Context) => Fields[];

const TIMEOUT_MS = 30 * 60_000;
const HOUR_MS = 3_600_000;

/** Somebody's impressions on a site, with all that he always gives. */
function person(c: Context, always: Fields): (time: number, fields?: Fields) => Fields {
  const base: Fields = { site: 'shop', ...c.looked(), ...always };
  return (time, fields = {}) => ({ time: Math.max(EARLIEST, time), object: c.random.pick(['/a', '/b', '/c']), ...base, ...fields });
}

/** A visitor who gives no session: by id, by address and agent, by one of them. */
function sessionless(c: Context): Fields {
  const n = c.unique('');
  return c.random.pick<Fields>([
    { visitor: `walk${n}` },
    { ip: `10.0.0.${n}`, agent: 'Lynx' },
    { ip: `10.1.0.${n}` },
    { agent: `Lynx/${n}` },
    { visitor: '', ip: `10.2.0.${n}`, session: '' },
  ]);
}

/** Each story by name. */
export const stories: Readonly<Record<string, Story>> = {
  'gaps about the timeout': (c) => {
    const hit = person(c, sessionless(c));
    let t = someInstant(c.random);
    const gaps = c.random.shuffle([TIMEOUT_MS, TIMEOUT_MS + 1, TIMEOUT_MS - 1, TIMEOUT_MS, 0, 1, 2 * TIMEOUT_MS]);
    return [hit(t), ...gaps.map((gap) => hit((t += gap)))];
  },
  'gaps beyond the timeout in a session that is given': (c) => {
    const hit = person(c, { session: c.unique('long'), visitor: 'v1' });
    const t = someInstant(c.random);
    return [hit(t), hit(t + TIMEOUT_MS + 1), hit(t + 5 * HOUR_MS)];
  },
  'over midnight': (c) => {
    const hit = person(c, c.random.chance(0.5) ? { session: c.unique('night'), visitor: c.unique('owl') } : sessionless(c));
    const t = someMidnight(c.random);
    return [-TIMEOUT_MS, -60_000, -1, 0, 1, 999, TIMEOUT_MS - 1].map((d) => hit(t + d));
  },
  'a whole night': (c) => {
    const hit = person(c, c.random.chance(0.5) ? { session: c.unique('night'), visitor: c.unique('owl') } : sessionless(c));
    const t = someDay(c.random) - 14 * HOUR_MS;
    return Array.from({ length: 52 }, (_, i) => hit(t + i * (TIMEOUT_MS - (i % 3 === 0 ? 0 : 1))));
  },
  'the same visitor day after day': (c) => {
    const hit = person(c, { visitor: c.unique('daily'), site: c.random.pick(['shop', 'blog']), segments: ['loyal'] });
    const t = someInstant(c.random);
    return Array.from({ length: 9 }, (_, i) => hit(t + i * 24 * HOUR_MS));
  },
  'the same visitor from elsewhere': (c) => {
    const visitor = c.unique('traveller');
    const t = someInstant(c.random);
    return [0, 1, 2, 3].map((i) => person(c, { visitor, session: c.unique('trip') })(t + i * 3 * HOUR_MS));
  },
  'durations at their steps': (c) => {
    const t = someInstant(c.random);
    return [0, 9_999, 10_000, 29_999, 30_000, 59_999, 60_000, 179_999, 180_000, 599_999, 600_000, 1_799_999, 1_800_000].flatMap((d) => {
      const hit = person(c, { session: c.unique('step'), visitor: 'v2' });
      return [hit(t), hit(t + d)];
    });
  },
  'equal times in a session': (c) => {
    const hit = person(c, { session: c.unique('tie'), visitor: 'v3' });
    const t = someInstant(c.random);
    return c.random
      .shuffle(['/a', '/b', '/c', '/b', '/a'])
      .map((object) => hit(t, { object, ...c.looked(), referrer: c.random.pick(REFERRERS) }));
  },
  'the first impression comes last': (c) => {
    const hit = person(c, { session: c.unique('late'), visitor: 'v4' });
    const t = someInstant(c.random);
    return [3, 2, 1, 0].map((i) =>
      hit(t + i * 1000, { object: `/${i}`, ...c.looked(), ip: `192.0.2.${i}`, referrer: c.random.pick(REFERRERS) }),
    );
  },
  'equal times of an object': (c) => {
    // U+1F600 is before U+FF5E by UTF-16 units, and behind it by code points and by bytes.
    const object = c.unique('/tied/');
    const t = someInstant(c.random);
    const names = c.random.shuffle(['😀', '\uff5e', '\uffff', '\u{10ffff}', 'Z', 'a', 'é', '']);
    const types = c.random.shuffle(['😀', '\uff5e', 'a', 'Z', 'Page', undefined]);
    const hit = person(c, { visitor: 'v5', session: c.unique('s') });
    return names.map((name, i) =>
      hit(t, {
        object,
        name,
        ...(types[i] === undefined ? {} : { type: types[i] }),
        action: c.random.pick(['view', 'download', 'search']),
      }),
    );
  },
  'an object renamed': (c) => {
    const object = c.unique('/renamed/');
    const hit = person(c, { visitor: 'v5' });
    const t = someInstant(c.random);
    return c.random
      .shuffle([0, 1, 2, 3])
      .map((i) => hit(t + i * 24 * HOUR_MS, { object, name: i === 3 ? '' : `name ${i}`, type: `type ${i % 2}` }));
  },
  'an id twice': (c) => {
    const id = c.unique('twice');
    const hit = person(c, { visitor: 'v6', id });
    const t = someDay(c.random) + 12 * HOUR_MS;
    const first = hit(t, { object: '/same' });
    return [
      first,
      { ...first },
      hit(t, { object: '/other' }),
      hit(t + 1, { site: 'blog', visitor: 'v7' }),
      hit(t - 1, { action: 'download' }),
    ];
  },
  'an id on two days': (c) => {
    const hit = person(c, { visitor: 'v8', id: c.unique('daily') });
    const t = someMidnight(c.random);
    return [hit(t - 1), hit(t), hit(t + 24 * HOUR_MS), hit(t - 24 * HOUR_MS), hit(t + 1), hit(t - 2)];
  },
  'an id of a rejected line': (c) => {
    const hit = person(c, { visitor: 'v9', id: c.unique('mended') });
    const t = someInstant(c.random);
    return [{ ...hit(t), action: 'gaze' }, hit(t), hit(t)];
  },
  'ids that are not the same': (c) => {
    const id = c.unique('Id');
    const t = someDay(c.random) + 12 * HOUR_MS;
    return [id, id.toLowerCase(), `${id} `, `${id}é`, `${id}e\u0301`, '', ''].map((i) => person(c, { visitor: 'v8', id: i })(t));
  },
  'one session id, two sites and two visitors': (c) => {
    const session = c.unique('shared');
    const t = someInstant(c.random);
    return [0, 1, 2, 3].map((i) => person(c, { session, visitor: `v${i % 2}`, site: i < 2 ? 'shop' : 'blog' })(t + i * 60_000));
  },
  'a session named like a visitor': (c) => {
    const name = c.unique('name');
    const t = someInstant(c.random);
    return [
      person(c, { session: name, visitor: 'v1' })(t),
      person(c, { visitor: name })(t + 1),
      person(c, { session: '', visitor: name })(t + 2),
      person(c, { session: name, visitor: name })(t + 3),
    ];
  },
  'addresses and agents that join to the same': (c) => {
    const n = c.unique('');
    const t = someInstant(c.random);
    return [
      ['1', `0${n}`],
      ['10', n],
      [`10${n}`, ''],
      ['', `10${n}`],
    ].map(([ip, agent], i) => person(c, { ip, agent })(t + i));
  },
  'no view in the session': (c) => {
    const hit = person(c, { session: c.unique('blind'), visitor: 'v3' });
    const t = someInstant(c.random);
    return [hit(t, { action: 'download', object: '/x.pdf' }), hit(t + 1000, { action: 'search', term: 'x' })];
  },
  'clicks and what is none': (c) => {
    const hit = person(c, { session: c.unique('click'), visitor: 'v4' });
    const t = someInstant(c.random);
    const view = (i: number, object: string): Fields => hit(t + i * 1000, { object, action: 'view' });
    return [
      view(0, '/a'),
      view(1, '/a'),
      view(2, '/b'),
      hit(t + 3000, { action: 'download', object: '/x' }),
      view(4, '/b'),
      hit(t + 5000, { action: 'search' }),
      view(6, '/a'),
      view(7, '/A'),
    ];
  },
  'one impression': (c) => [
    person(c, { session: c.unique('bounce'), visitor: c.unique('v') })(someInstant(c.random), {
      action: c.random.pick(['view', 'download', 'search']),
    }),
  ],
  'lists that differ within a session': (c) => {
    const hit = person(c, { session: c.unique('list'), visitor: c.unique('v') });
    const t = someInstant(c.random);
    return [
      hit(t, { segments: ['a', 'b', 'a'] }),
      hit(t + 1, { segments: ['b', 'c'] }),
      hit(t + 2, { segments: [], recommendations: ['r'] }),
      hit(t + 3, { recommendations: ['r', 'q'] }),
    ];
  },
  'a very long session': (c) => {
    const hit = person(c, { session: c.unique('tireless'), visitor: 'v5' });
    const t = someInstant(c.random);
    return Array.from({ length: 300 }, (_, i) => hit(t + i * c.random.between(0, 2000), { object: `/${c.random.below(20)}` }));
  },
  'every referrer': (c) => {
    const t = someInstant(c.random);
    return REFERRERS.map((referrer, i) =>
      person(c, { session: c.unique('from'), visitor: 'v6', referrer, site: c.random.pick(['shop', 'blog', 'x']) })(t + i),
    );
  },
  'every odd term': (c) => {
    const t = someInstant(c.random);
    const spaces = [
      '\t',
      '\n',
      '\v',
      '\f',
      '\r',
      ' ',
      '\u00a0',
      '\u1680',
      '\u2000',
      '\u2009',
      '\u200a',
      '\u2028',
      '\u2029',
      '\u202f',
      '\u205f',
      '\u3000',
      '\ufeff',
    ];
    const none = ['\u0085', '\u180e', '\u200b', '\u200d', '\u2060', '\u001c'];
    const hit = person(c, { visitor: 'v7', action: 'search' });
    return [...spaces, ...none].flatMap((s, i) => [hit(t + i, { term: `${s}Oak${s}${s} chair${s}` }), hit(t + i, { term: s.repeat(3) })]);
  },
};
