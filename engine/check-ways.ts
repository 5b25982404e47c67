import { named, wrong } from './declared.js';
import { didYouMean } from './nearest.js';
import type { BeanType } from './bean.js';
import type { Layout, Location, MapReduce, Processor } from './processor.js';

type Covers = Processor['covers'];

/** The layouts that a job's package fits, by what the job covers. */
const LAYOUTS: Readonly<Record<Covers, readonly Layout[]>> = {
  package: ['day-time'],
  day: ['daily', 'weekly-by-day'],
  week: ['weekly'],
  month: ['monthly'],
};

/** Of what each layout has packages; a period is made of days, or of those that are as long. */
const HOLDS: Readonly<Record<Layout, Covers>> = {
  'day-time': 'day',
  daily: 'day',
  'weekly-by-day': 'day',
  weekly: 'week',
  monthly: 'month',
};

/**
 * Whether a processor can do what it is declared to between these locations: read what is there, and write what belongs there.
 * Errors: TM_ERR_DECLARATION.
 */
export function checkWay(p: Processor, input: Location, output: Location): void {
  checkLayouts(p, input, output);
  if (p.kind === 'link') checkHeld(p.name, output, input.holds);
  if (p.kind === 'inject') checkInjection(p.name, input);
  if (!('work' in p)) return;
  const { map } = p.work;
  checkReads(p, input);
  if (p.kind === 'map') return checkHeld(p.name, output, map?.makes ?? []);
  const { work } = p;
  checkPartitions(p.name, work, input, output);
  checkHeld(p.name, output, ((work.finish ?? work.reduce) as { readonly makes?: readonly BeanType[] }).makes ?? []);
}

function checkLayouts({ name, covers }: Processor, input: Location, output: Location): void {
  const fit = LAYOUTS[covers];
  if (!fit.includes(output.layout))
    throw wrong(
      `${name} covers a ${covers}, whose output has the layout ${fit.map((l) => `'${l}'`).join(' or ')}, but '${output.name}' has '${output.layout}'`,
    );
  const of = HOLDS[input.layout];
  if (of !== 'day' && of !== covers) throw wrong(`${name} covers a ${covers}, but '${input.name}' has the layout '${input.layout}'`);
}

function checkInjection(name: string, { name: input, holds }: Location): void {
  const strange = holds.find((t) => t.table === undefined || t.key === undefined);
  if (strange !== undefined)
    throw wrong(`${name}: every bean type of '${input}' must be an aggregate with a table, which ${strange.name} is not`);
  if (holds.length === 0) throw wrong(`${name}: '${input}' holds no bean type, so that there is nothing to inject`);
}

/** What a processor reads must be what its input location holds: else it would find nothing, or something else. */
function checkReads(p: Processor & { readonly work: Partial<MapReduce> }, { name: input, holds }: Location): void {
  const { map, partitionBy = {} } = p.work;
  const heldAs = (name: string): BeanType => heldBy(p.name, input, holds, name);
  if (map === undefined) for (const name of Object.keys(partitionBy)) heldAs(name);
  for (const type of map?.reads ?? []) {
    const held = heldAs(type.name);
    for (const [field, kind] of Object.entries(type.fields)) {
      const own = named(held.fields, field, `${p.name}: ${type.name} of '${input}' has no field '${field}'`);
      if (own !== kind) throw wrong(`${p.name}: the field '${field}' of ${type.name} of '${input}' is of type ${own}, not ${kind}`);
    }
  }
}

/** Rows of each type that comes to the shuffle are partitioned, by fields that they have. */
function checkPartitions(name: string, { map, partitionBy }: MapReduce, input: Location, output: Location): void {
  for (const type of map?.makes ?? [])
    if (!Object.hasOwn(partitionBy, type.name))
      throw wrong(`${name}: partitionBy does not say how ${type.name} is partitioned${didYouMean(type.name, Object.keys(partitionBy))}`);
  // Without a map they are the input's own. One that says nothing may make any; of a type that the output holds it makes all fields.
  const made = map === undefined ? input.holds : [...(map.makes ?? []), ...output.holds];
  for (const [type, by] of Object.entries(partitionBy)) {
    const fields = made.find((t) => t.name === type)?.fields;
    if (fields === undefined || typeof by === 'function') continue;
    for (const field of by) {
      const kind = named(fields, field, `${name}: partitionBy: ${type} has no field '${field}'`);
      if (kind === 'strings' || kind === 'integers') throw wrong(`${name}: rows cannot be partitioned by '${field}' of ${type}, a list`);
    }
  }
}

/** A location holds what is brought there, with the same fields. */
function checkHeld(name: string, { name: output, holds }: Location, made: readonly BeanType[]): void {
  for (const type of made) {
    const held = heldBy(name, output, holds, type.name);
    if (JSON.stringify(held.fields) !== JSON.stringify(type.fields))
      throw wrong(`${name}: ${type.name} of '${output}' has other fields than the one that it makes`);
  }
}

function heldBy(processor: string, location: string, holds: readonly BeanType[], name: string): BeanType {
  const found = holds.find((t) => t.name === name);
  if (found !== undefined) return found;
  const names = holds.map((t) => t.name);
  throw wrong(`${processor}: '${location}' holds no beans of type ${name}, but of ${names.join(', ') || 'none'}${didYouMean(name, names)}`);
}
