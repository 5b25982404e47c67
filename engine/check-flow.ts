import { checkBeanType } from './bean.js';
import { functionOf, listOf, objectOf, oneOf, positive, stringOf, wrong } from './declared.js';
import { TidemillError } from './errors.js';
import type { Flow, Layout, Processor } from './processor.js';

export const LAYOUTS: readonly Layout[] = ['day-time', 'daily', 'weekly-by-day', 'weekly', 'monthly'];
export const COVERS: readonly Processor['covers'][] = ['package', 'day', 'week', 'month'];
const KINDS: readonly Processor['kind'][] = ['mapreduce', 'map', 'link', 'inject'];
const DECLARED = ['name', 'kind', 'input', 'output', 'covers'];
const MAP_REDUCE = ['map', 'shardsPerMap', 'combine', 'partitionBy', 'recordsPerPartition', 'reduce', 'finish'];

/** What is wrong with the flow that a module of the user's exports, part by part: none that is named here is for the engine. */
export function problemsOf(flow: unknown): string[] {
  const problems: string[] = [];
  const look = (check: () => void): void => {
    try {
      check();
    } catch (error) {
      if (!(error instanceof TidemillError)) throw error;
      problems.push(error.message);
    }
  };
  look(() => {
    const { locations, processors } = objectOf('the flow', flow, ['locations', 'processors']);
    for (const [i, given] of listOf('locations', locations).entries()) look(() => checkLocation(`locations.${i}`, given));
    for (const [i, given] of listOf('processors', processors).entries()) look(() => checkProcessor(`processors.${i}`, given));
  });
  return problems;
}

function checkLocation(at: string, given: unknown): void {
  const { name, layout, holds } = objectOf(`${at}:`, given, ['name', 'layout', 'holds']);
  stringOf(`${at}.name:`, name);
  oneOf(`${at}.layout: the layout of '${name as string}'`, layout, LAYOUTS);
  const names = listOf(`${at}.holds:`, holds).map((type, i) => {
    checkBeanType(`${at}.holds.${i}:`, type);
    return (type as Flow['locations'][number]['holds'][number]).name;
  });
  const twice = names.find((type, i) => names.indexOf(type) !== i);
  if (twice !== undefined) throw wrong(`${at}.holds: '${name as string}' holds two types that are called ${twice}`);
}

function checkProcessor(at: string, given: unknown): void {
  const { kind } = objectOf(`${at}:`, given, [...DECLARED, 'work']);
  oneOf(`${at}.kind:`, kind, KINDS);
  const hasWork = kind === 'mapreduce' || kind === 'map';
  const { name, input, output, covers, work } = objectOf(`${at}: a processor of kind '${kind as string}'`, given, [
    ...DECLARED,
    ...(hasWork ? ['work'] : []),
  ]);
  for (const [part, value] of Object.entries({ name, input, output })) stringOf(`${at}.${part}:`, value);
  oneOf(`${at}.covers:`, covers, COVERS);
  if (kind === 'map') functionOf(`${at}.work.map:`, objectOf(`${at}.work:`, work, ['map'])['map']);
  if (kind === 'mapreduce') checkMapReduce(`${at}.work`, work);
}

function checkMapReduce(at: string, given: unknown): void {
  const work = objectOf(`${at}:`, given, MAP_REDUCE);
  for (const member of ['map', 'combine', 'finish']) if (work[member] !== undefined) functionOf(`${at}.${member}:`, work[member]);
  functionOf(`${at}.reduce:`, work['reduce']);
  positive(`${at}.recordsPerPartition:`, work['recordsPerPartition']);
  if (work['shardsPerMap'] !== undefined) positive(`${at}.shardsPerMap:`, work['shardsPerMap'], true);
  const { partitionBy } = work;
  const types = Object.entries(objectOf(`${at}.partitionBy:`, partitionBy, Object.keys((partitionBy as object | undefined) ?? {})));
  if (types.length === 0) throw wrong(`${at}.partitionBy: it names no type`);
  for (const [type, by] of types) {
    if (typeof by === 'function') continue;
    for (const field of listOf(`${at}.partitionBy.${type}:`, by)) stringOf(`${at}.partitionBy.${type}: a field`, field);
  }
  const reads = (work['map'] as { reads?: unknown } | undefined)?.reads;
  if (reads !== undefined) for (const type of listOf(`${at}.map.reads:`, reads)) checkBeanType(`${at}.map.reads:`, type);
}
