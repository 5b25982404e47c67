/**
 * Judged rows to TransferObject batches: what is absent is looked up, visitors get their keys, and the rows go to their days.
 */
import {
  local,
  lowerUints,
  numberColumn,
  orderRows,
  selectColumn,
  selectFloats,
  selectRows,
  selectUints,
  type Batch,
  type Column,
  type Day,
  type Zone,
  unsetFloats,
  unsetUints,
  zeroUints,
} from '../../engine/index.js';
import { TransferObject } from '../../processors/beans.js';
import type { Agents } from './agents.js';
import { IMPRESSION_COLUMNS, type ListColumn } from './columns.js';
import type { Place } from './places.js';
import { ACCEPTED } from './rejects.js';
import { ABSENT, FIRST_CODE } from './scan-memory.js';
import { fewTexts, isConstant, type JudgedRows, type ListValues, type Texts, type TextValues } from './values.js';
import { KEY_LENGTH, type TextBytes, type visitorKeys } from './visitor-key.js';

export interface DayBatch {
  readonly day: Day;
  readonly batch: Batch;
}

export interface Lookups {
  readonly agents: Agents;
  readonly placeOf: (ip: string) => Place;
  readonly visitorKey: ReturnType<typeof visitorKeys>;
}

/** A column under construction: a code into the interner for each accepted row. */
interface Coded {
  readonly codes: Uint32Array;
  readonly interner: Texts;
}

const QUARTER_MS = 900_000;

/** The accepted rows, one batch a day or more of at most `batchRows`; days ascend, rows keep their order. */
export function dayBatches(judged: JudgedRows, zone: Zone, lookups: Lookups, batchRows: number): DayBatch[] {
  const rows = acceptedRows(judged.verdicts);
  if (rows.length === 0) return [];
  const batch = impressionBatch(judged, rows, lookups);
  const byDay = rowsByDay(batch, zone);
  if (byDay.length === 1 && rows.length <= batchRows) return byDay.map(([day]) => ({ day, batch }));
  const batches: DayBatch[] = [];
  for (const [day, ofDay] of byDay) {
    for (let from = 0; from < ofDay.length; from += batchRows) {
      const part = ofDay.subarray(from, from + batchRows);
      batches.push({ day, batch: part.length === batch.rows ? batch : selectRows(batch, part) });
    }
  }
  return batches;
}

function acceptedRows(verdicts: Uint8Array): Uint32Array {
  const rows = unsetUints(verdicts.length);
  let n = 0;
  for (let row = 0; row < verdicts.length; row++) {
    if (verdicts[row] === ACCEPTED) rows[n++] = row;
  }
  return rows.subarray(0, n);
}

function impressionBatch(judged: JudgedRows, rows: Uint32Array, lookups: Lookups): Batch {
  const texts = judged.columns;
  const ip = gather(texts.ip, rows);
  const agent = gather(texts.agent, rows);
  const coded: Partial<Record<(typeof IMPRESSION_COLUMNS)[number], Coded>> = {
    ip,
    agent,
    visitor: withKeys(gather(texts.visitor, rows), ip, agent, lookups.visitorKey),
    ...lookedUp(['browser', 'os', 'device'], texts, rows, agent, lookups.agents.namesOf),
    ...lookedUp(['country', 'region', 'city'], texts, rows, ip, lookups.placeOf),
  };

  const columns: Record<string, Column> = { time: { kind: 'number', values: gatherTimes(judged.times, rows) } };
  for (const name of IMPRESSION_COLUMNS) {
    if (name === 'segments' || name === 'recommendations') {
      columns[name] = gatherLists(judged.lists[name satisfies ListColumn], rows);
    } else {
      const { codes, interner } = coded[name] ?? gather(texts[name], rows);
      columns[name] = { kind: 'string', dictionary: interner.dictionary(), codes };
    }
  }
  return { type: TransferObject.name, rows: rows.length, columns };
}

function gather({ codes, values, interner }: TextValues, rows: Uint32Array): Coded {
  if (values === undefined && interner.size === 1) return { codes: zeroUints(rows.length), interner };
  const picked = pick(codes, rows);
  if (values !== undefined) return { codes: selectUints(local(values), picked), interner };
  lowerUints(picked, FIRST_CODE - 1); // see ScanMemory.plainTexts
  return { codes: picked, interner };
}

/** The codes of some rows. They are copied first, to where the engine's kernel works. */
function pick(codes: Int32Array, rows: Uint32Array): Uint32Array {
  const all = unsetUints(codes.length);
  all.set(codes);
  return rows.length === all.length ? all : selectUints(all, rows);
}

function gatherTimes(times: Float64Array, rows: Uint32Array): Float64Array {
  const all = unsetFloats(times.length);
  all.set(times);
  return rows.length === all.length ? all : selectFloats(all, rows);
}

function gatherLists({ codes, offsets, entries, interner }: ListValues, rows: Uint32Array): Column {
  const lists: Column = { kind: 'strings', dictionary: interner.dictionary(), offsets: local(offsets), codes: local(entries) };
  return selectColumn(lists, pick(codes, rows));
}

/** Columns whose absent values are found together by another column's, once for each distinct value of it. */
function lookedUp<N extends 'browser' | 'os' | 'device' | 'country' | 'region' | 'city'>(
  names: readonly N[],
  texts: JudgedRows['columns'],
  rows: Uint32Array,
  by: Coded,
  find: (value: string) => Readonly<Record<N, string>>,
): Partial<Record<N, Coded>> {
  const textAt = textsOf(by);
  const found: (Readonly<Record<N, string>> | undefined)[] = [];
  const valueOf = (key: number): Readonly<Record<N, string>> => (found[key] ??= find(textAt(key)));
  return Object.fromEntries(names.map((name) => [name, withFound(texts[name], rows, by, (key) => valueOf(key)[name])])) as Partial<
    Record<N, Coded>
  >;
}

/** A column whose absent values are what `valueOf` says of another column's code. */
function withFound(own: TextValues, rows: Uint32Array, by: Coded, valueOf: (key: number) => string): Coded {
  const { interner } = own;
  const codeOf = fewTexts(interner);
  if (isConstant(own)) {
    const found = zeroUints(by.interner.size);
    for (const key of firstUses(by)) found[key] = codeOf(valueOf(key));
    return { codes: selectUints(found, by.codes), interner };
  }
  const column = gather(own, rows);
  if (!own.codes.includes(ABSENT)) return column;
  const found = new Int32Array(by.interner.size).fill(-1);
  for (let i = 0; i < rows.length; i++) {
    if (own.codes[rows[i] as number] !== ABSENT) continue;
    const key = by.codes[i] as number;
    if (found[key] === -1) found[key] = codeOf(valueOf(key));
    column.codes[i] = found[key] as number;
  }
  return column;
}

/** The codes that a column uses, in the order of first use. */
function firstUses({ codes, interner }: Coded): Uint32Array {
  const used = unsetUints(Math.min(codes.length, interner.size));
  const isUsed = new Uint8Array(interner.size);
  let n = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    if (isUsed[code] !== 0) continue;
    isUsed[code] = 1;
    used[n++] = code;
  }
  return used.subarray(0, n);
}

/** Visitors who have no id get the key of their address and agent. */
function withKeys(visitor: Coded, ip: Coded, agent: Coded, keyOf: Lookups['visitorKey']): Coded {
  const { codes, interner } = visitor;
  const unnamed = interner.internString('');
  if (!codes.includes(unnamed)) return visitor;
  const ipAt = bytesOf(ip);
  const agentAt = bytesOf(agent);
  const agents = agent.interner.size;
  const keys = new Map<number, number>();
  const keyAt = (address: number, by: number): number => {
    const pair = address * agents + by;
    let key = keys.get(pair);
    if (key === undefined) keys.set(pair, (key = interner.intern(keyOf(ipAt(address), agentAt(by)), 0, KEY_LENGTH)));
    return key;
  };
  // Nearly every address has one agent at a time: the last one, plus one, and the key of the two.
  const lastAgent = zeroUints(ip.interner.size);
  const lastKey = unsetUints(ip.interner.size);
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] !== unnamed) continue;
    const address = ip.codes[i] as number;
    const by = agent.codes[i] as number;
    if (lastAgent[address] !== by + 1) {
      lastAgent[address] = by + 1;
      lastKey[address] = keyAt(address, by);
    }
    codes[i] = lastKey[address] as number;
  }
  return visitor;
}

/** The texts of a column that is ready, by their codes. */
function bytesOf({ interner }: Coded): (code: number) => TextBytes {
  const { bytes, offsets } = interner.dictionary();
  return (code) => ({ bytes, start: offsets[code] as number, end: offsets[code + 1] as number });
}

/** The same as strings. */
function textsOf({ interner }: Coded): (code: number) => string {
  const { bytes, offsets } = interner.dictionary();
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return (code) => all.toString('utf8', offsets[code], offsets[code + 1]);
}

/** The rows of each local day, days ascending. */
function rowsByDay(batch: Batch, zone: Zone): [Day, Uint32Array][] {
  const times = numberColumn(batch, 'time').values;
  const codes = unsetUints(times.length);
  const days = codeDays(times, zone, codes);
  const order = orderRows([{ codes, size: days.length }], times.length);
  let from = 0;
  return days.map(({ day, rows }): [Day, Uint32Array] => [day, order.subarray(from, (from += rows))]).sort(([a], [b]) => a - b);
}

/** The distinct local days in the order of first sight, with how many rows each has; the place of each row's day goes to `codes`. */
function codeDays(times: Float64Array, zone: Zone, codes: Uint32Array): { readonly day: Day; rows: number }[] {
  const days: { readonly day: Day; rows: number }[] = [];
  for (let i = 0; i < times.length;) {
    // No zone changes its day inside a quarter of an hour.
    const quarter = Math.floor((times[i] as number) / QUARTER_MS) * QUARTER_MS;
    const day = zone.dayOf(quarter);
    let code = days.findIndex((d) => d.day === day);
    if (code < 0) code = days.push({ day, rows: 0 }) - 1;
    const end = endOfRun(times, i, quarter, quarter + QUARTER_MS);
    codes.fill(code, i, end);
    (days[code] as { rows: number }).rows += end - i;
    i = end;
  }
  return days;
}

/** The first row from `i` on whose time is not in `[from, to)`. */
function endOfRun(times: Float64Array, i: number, from: number, to: number): number {
  while (i < times.length && (times[i] as number) >= from && (times[i] as number) < to) i++;
  return i;
}
