import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Topology, type AggregateType, type Flow, type Processor } from '../engine/index.js';
import webAnalytics from '../processors/index.js';
import { shapeOf } from './database/table-shape.js';
import { fail } from './errors.js';

/** The locations and processors of a dataset. */
export interface Declarations {
  readonly topology: Topology;
  /** URL of the module that declares a processor. */
  readonly moduleOf: (processor: string) => string;
  /** Whether a processor is built in: what others return is checked. */
  readonly isTrusted: (processor: string) => boolean;
  /** The threads of a processor that is not built in: those of its module. */
  readonly realmOf: (processor: string) => string | undefined;
}

const BUILT_IN = new URL('../processors/index.js', import.meta.url).href;

/**
 * What is built in, and the modules `processors`, whose paths are relative to the dataset's folder; `taskTimeoutMs` is how long one may
 * take to load. Errors: TM_ERR_DECLARATION, TM_ERR_PROCESSOR_LOAD.
 */
export async function loadDeclarations(folder: string, processors: readonly string[], taskTimeoutMs: number): Promise<Declarations> {
  const custom = await Promise.all(
    processors.map(async (file) => {
      const { loadCustomFlow } = await import('./custom-flow.js');
      const module = pathToFileURL(path.resolve(folder, file)).href;
      return { module, flow: await loadCustomFlow(module, taskTimeoutMs) };
    }),
  );
  const flows: { module: string; flow: Flow }[] = [{ module: BUILT_IN, flow: webAnalytics }, ...custom];
  const topology = new Topology({ locations: flows.flatMap((f) => f.flow.locations), processors: flows.flatMap((f) => f.flow.processors) });
  tableTypes(topology);
  const modules = new Map(flows.flatMap(({ module, flow }) => flow.processors.map((p) => [p.name, module] as const)));
  const moduleOf = (processor: string): string => modules.get(processor) ?? BUILT_IN;
  const realmOf = (processor: string): string | undefined => (moduleOf(processor) === BUILT_IN ? undefined : moduleOf(processor));
  return { topology, moduleOf, isTrusted: (processor) => realmOf(processor) === undefined, realmOf };
}

/** The bean types that injections take, each with a table of its own. Errors: TM_ERR_DECLARATION. */
export function tableTypes(topology: Topology): AggregateType[] {
  const injections = [...topology.processors.values()].filter((p) => p.kind === 'inject');
  refuseSharedPeriods(topology, injections);
  const owners = new Map<string, AggregateType>();
  for (const type of injections.flatMap((p) => topology.location(p.input).holds as readonly AggregateType[])) {
    const shape = shapeOf(type);
    const { table } = shape;
    const owner = owners.get(table);
    if (owner !== undefined && (owner.name !== type.name || JSON.stringify(shapeOf(owner)) !== JSON.stringify(shape)))
      throw fail('TM_ERR_DECLARATION', `${type.name}: the table '${table}' is that of ${owner.name}`);
    owners.set(table, type);
  }
  return [...owners.values()];
}

/** An injection puts its sums in the place of all that a table has of the period: of two, one would be lost. */
function refuseSharedPeriods(topology: Topology, injections: readonly Processor[]): void {
  const writers = new Map<string, Processor>();
  for (const p of injections) {
    for (const type of topology.location(p.input).holds as readonly AggregateType[]) {
      const { table, kind } = shapeOf(type);
      const other = writers.get(`${table} ${p.covers}`);
      if (kind === 'period' && other !== undefined && other !== p)
        throw fail('TM_ERR_DECLARATION', `${p.name}: the table '${table}' gets its sums of each ${p.covers} from ${other.name}`);
      writers.set(`${table} ${p.covers}`, p);
    }
  }
}
