/** A shard as a whole: lines and their ends, counts, rejects, days, dictionaries, and what is kept between calls. */
import { describe, expect, test } from 'vitest';
import { decodeBlock, dictionaryEntry, dictionaryStrings, encodeBlock, isOfType, stringColumn, type Batch } from '#engine/index.js';
import { TransferObject } from '#processors/beans.js';
import { createParser } from '#server/import/parse-shard.js';
import { RejectedLine } from '#server/import/rejects.js';
import { kernelNames, kernels, line, NOW, options, outcomeOf, parseShard } from './shards.js';

describe('lines', () => {
  test('end with or without a return, the last with nothing', () => {
    for (const end of ['\n', '\r\n']) {
      for (const last of ['', end]) {
        const { counts, impressions } = parseShard(
          [line({ object: '/1' }), line({ object: '/2' }), line({ object: '/3' })].join(end) + last,
        );
        expect(counts).toMatchObject({ lines: 3, read: 3, accepted: 3 });
        expect(impressions.map((i) => i['object'])).toEqual(['/1', '/2', '/3']);
      }
    }
  });

  test('that are empty are counted as lines and not as read', () => {
    const { counts, rejects } = parseShard(`\n\r\n${line()}\n\n\nbad\n${line()}\n\n`);
    expect(counts).toEqual({ lines: 8, read: 3, accepted: 2, rejected: { json: 1 }, filtered: {}, unknownFields: 0 });
    expect(rejects).toEqual([{ line: 6, reason: 'json', text: 'bad' }]);
  });

  test('none at all', () => {
    for (const nothing of ['', '\n', '\r\n\n']) {
      const parsed = createParser(options)(Buffer.from(nothing));
      expect(parsed.batches).toEqual([]);
      expect(parsed.rejects).toBeNull();
      expect(parsed.counts).toMatchObject({ read: 0, accepted: 0 });
    }
  });
});

test('white space between the parts of a line does not matter', () => {
  const spaced = ` \t{ "time" : ${NOW} ,\t"site": "shop" , "object":"/a","segments" : [ "a" , "b" ] , "params": { "x" : 1 } ,"visitor":"v" } \t`;
  const { impressions } = parseShard(`${spaced}\n${spaced}\r\n${spaced}`);
  expect(impressions).toHaveLength(3);
  for (const i of impressions) expect(i).toMatchObject({ site: 'shop', object: '/a', segments: ['a', 'b'], params: { x: 1 } });
});

test('of a field that comes twice the last counts, as in JSON.parse', () => {
  const { impressions, counts } = parseShard(
    `${line().replace('}', ',"object":"/last"}')}\n${line().replace('}', ',"x":1,"x":2}')}\n${line().replace('}', ',"time":1}')}`,
  );
  expect(impressions.map((i) => i['object'])).toEqual(['/last', '/a']);
  expect(counts).toMatchObject({ unknownFields: 1, rejected: { time: 1 } });
});

test('escapes are undone, and mean the same as the character', () => {
  const { batches } = createParser(options)(
    Buffer.from(
      String.raw`{"time":${NOW},"site":"sh\u006fp","object":"\/caf\u00e9\"\\","visitor":"\ud83d\ude00","\u0074ype":"A"}` +
        `\n${line({ object: '/café"\\', visitor: '😀', type: 'A' })}`,
    ),
  );
  const batch = batches[0]!.batch;
  for (const field of ['site', 'object', 'visitor', 'type']) {
    const { codes, dictionary } = stringColumn(batch, field);
    expect(codes[0]).toBe(codes[1]);
    expect(dictionaryStrings(dictionary)[codes[0]!]).toBe({ site: 'shop', object: '/café"\\', visitor: '😀', type: 'A' }[field]);
  }
});

test('unknown fields are dropped and counted', () => {
  const { counts, impressions } = parseShard(
    [line({ x: 1, y: 'a', z: null }), line({ x: { deep: [1, 2] } }), line({ 'na"me': true, a: -0.5, b: 1e300 }), line()].join('\n'),
  );
  expect(counts).toMatchObject({ accepted: 4, unknownFields: 7 });
  expect(Object.keys(impressions[0]!)).toEqual(Object.keys(TransferObject.fields));
});

test('rejected lines keep their number, reason and bytes', () => {
  const texts = [
    '{"time":',
    line({ site: 'no site' }),
    line(),
    Buffer.from([0x7b, 0xff, 0x7d]),
    line({ segments: [''] }),
    line({ x: 'y'.repeat(70_000) }),
  ];
  const { rejects, counts } = createParser(options)(Buffer.concat(texts.flatMap((t) => [Buffer.from(t), Buffer.from('\r\n')])));
  expect(isOfType(rejects!, RejectedLine)).toBe(true);
  expect(counts).toEqual({
    lines: 6,
    read: 6,
    accepted: 1,
    rejected: { json: 1, site: 1, utf8: 1, segments: 1, length: 1 },
    filtered: {},
    unknownFields: 0,
  });
  const text = stringColumn(rejects!, 'text');
  const bytesOf = (row: number): Buffer => Buffer.from(dictionaryEntry(text.dictionary, text.codes[row]!));
  [0, 1, 3, 4, 5].forEach((at, row) => expect(bytesOf(row).equals(Buffer.from(texts[at]!).subarray(0, 512))).toBe(true));
  expect(rejects!.columns['line']).toEqual({ kind: 'number', values: Float64Array.of(1, 2, 4, 5, 6) });
});

describe('days', () => {
  const at = (iso: string, object: string): string => line({ time: Date.parse(iso), object });

  test('are local dates, ascending, with their rows in line order', () => {
    const text = [
      at('2016-03-14T05:00:00Z', '/c'),
      at('2016-03-13T04:59:59.999Z', '/a'),
      at('2016-03-13T05:00:00Z', '/b1'),
      at('2016-03-14T03:59:59.999Z', '/b2'),
      at('2016-03-14T04:00:00Z', '/c2'),
    ].join('\n');
    // On the 13th clocks went forward in New York: the day had 23 hours.
    const { days, impressions } = parseShard(text, { zone: 'America/New_York' });
    expect(days).toEqual([
      ['2016-03-12', 1],
      ['2016-03-13', 2],
      ['2016-03-14', 2],
    ]);
    expect(impressions.map((i) => i['object'])).toEqual(['/a', '/b1', '/b2', '/c', '/c2']);
    expect(parseShard(text, { zone: 'UTC' }).days).toEqual([
      ['2016-03-13', 2],
      ['2016-03-14', 3],
    ]);
    expect(parseShard(text, { zone: 'Pacific/Auckland' }).days).toEqual([
      ['2016-03-13', 2],
      ['2016-03-14', 3],
    ]);
  });

  test('a day of 25 hours', () => {
    const text = Array.from({ length: 26 }, (_, h) => line({ time: Date.UTC(2025, 9, 25, 22) + h * 3_600_000 })).join('\n');
    expect(parseShard(text, { zone: 'Europe/Berlin' }).days).toEqual([
      ['2025-10-26', 25],
      ['2025-10-27', 1],
    ]);
  });

  test('are stored with dictionaries of their own', () => {
    const text = [
      at('2016-03-13T00:00:00Z', '/a'),
      at('2016-03-14T00:00:00Z', '/b'),
      at('2016-03-13T01:00:00Z', '/a'),
      line({ object: '/rejected', site: '' }),
    ].join('\n');
    const { batches } = createParser(options)(Buffer.from(text));
    const stored = batches.map(({ batch }) => decodeBlock(encodeBlock(batch)));
    expect(stored.map((batch) => dictionaryStrings(stringColumn(batch, 'object').dictionary))).toEqual([['/a'], ['/b']]);
    for (const { batch } of batches) expect(isOfType(batch, TransferObject)).toBe(true);
  });

  test('of many rows are cut into several batches', () => {
    const rows = Array.from({ length: 10 }, (_, i) =>
      line({ object: `/${i}`, segments: Array.from({ length: i % 3 }, (__, j) => `s${i}${j}`), time: NOW - (i % 2) * 86_400_000 }),
    );
    const whole = parseShard(rows.join('\n'));
    const cut = parseShard(rows.join('\n'), {}, { batchRows: 2 });
    expect(cut.days.map(([, n]) => n)).toEqual([2, 2, 1, 2, 2, 1]);
    expect(cut.impressions).toEqual(whole.impressions);
    expect(whole.impressions.map((i) => i['object'])).toEqual(['/1', '/3', '/5', '/7', '/9', '/0', '/2', '/4', '/6', '/8']);
  });
});

test('a parser gives for a shard what a new one gives, whatever came before', () => {
  const parse = createParser({ ...options, now: NOW });
  const shards = [
    Array.from({ length: 1500 }, (_, i) => line({ object: `/${i}`, session: `s${i % 400}`, [`x${i % 90}`]: i })).join('\n'),
    `${line({ ip: '192.0.2.1', visitor: '' })}\nbad\n${line({ name: 'a"b', x: {} })}`,
    '',
    Array.from({ length: 300 }, (_, i) =>
      line({ name: `n"${i}`, params: { i }, segments: [`s${i}`], recommendations: i % 2 ? [] : null }),
    ).join('\r\n'),
    line(),
  ];
  for (const shard of [...shards, ...shards.toReversed()]) expect(outcomeOf(parse(Buffer.from(shard)))).toEqual(parseShard(shard));
});

test('results stay as they are when the parser goes on', () => {
  const parse = createParser(options);
  const first = parse(Buffer.from(`${line({ object: '/first' })}\nbad`));
  const before = outcomeOf(first);
  parse(Buffer.from(Array.from({ length: 100 }, (_, i) => `${line({ object: `/later/${i}` })}\nworse`).join('\n')));
  expect(outcomeOf(first)).toEqual(before);
});

test.for(kernelNames)('lines in the room of the parser are those that others are (%s)', (name) => {
  const parse = createParser(options, kernels[name]);
  const shards = [
    Array.from({ length: 3000 }, (_, i) => line({ object: `/${i}`, visitor: `v${i}` })).join('\n'),
    `${line({ name: 'a"b' })}\nbad\n${line({ x: {} })}\n`,
    '',
    `\xff\n${line()}`,
  ];
  for (const shard of shards) {
    const bytes = Buffer.from(shard, 'latin1');
    const room = parse.room(bytes.length + 100);
    room.fill('"');
    bytes.copy(room, 37);
    expect(outcomeOf(parse(room.subarray(37, 37 + bytes.length)))).toEqual(outcomeOf(createParser(options)(bytes)));
  }
});

test('keys of visitors depend on the secret', () => {
  const text = line({ visitor: undefined, ip: '192.0.2.1' });
  const key = (secret: string): unknown => parseShard(text, { key: secret }).impressions[0]?.['visitor'];
  expect(key('a')).toBe(key('a'));
  expect(key('a')).not.toBe(key('b'));
});

test('both kernels give the same blocks of thousands of lines', () => {
  const texts = Array.from({ length: 20_000 }, (_, i) =>
    line({
      object: `/${i % 997}`,
      visitor: `v${(i * 7919) % 15_013}`,
      session: 'x'.repeat(i % 128),
      name: i % 3 === 0 ? undefined : `"${i % 50}"`,
      segments: [`${i % 11}`, `${i % 13}`],
      params: i % 5 === 0 ? { i, a: 'ü' } : undefined,
      [`unknown${i % 300}`]: i,
      time: i % 1000 === 999 ? 'never' : NOW - i * 1000,
    }),
  );
  const input = Buffer.from(texts.join('\n'));
  const [fast, plain] = kernelNames.map((name) => {
    const { batches, rejects, counts } = createParser(options, kernels[name])(input);
    return { counts, blocks: [...batches.map(({ batch }) => batch), rejects as Batch].map((batch) => encodeBlock(batch)) };
  });
  expect(fast).toEqual(plain);
  expect(fast?.counts).toMatchObject({ accepted: 19_980, rejected: { time: 20 }, unknownFields: 20_000 });
});
