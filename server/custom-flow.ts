import * as z from 'zod';
import { fail } from './errors.js';
import { loadFlow, type Flow } from '../engine/index.js';

/** The folder of the store that no location may have. */
const SCRATCH = 'scratch';

const text = z.string();
const work = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'a function is needed');
const types = z.array(
  z.looseObject({ name: text, fields: z.record(z.string(), z.string()) }, 'a bean type is needed: what bean() or aggregate() returns'),
);
const location = z.looseObject({
  name: text.refine((name) => name !== SCRATCH, `'${SCRATCH}' is the store's own`),
  layout: z.enum(['day-time', 'daily', 'weekly-by-day', 'weekly', 'monthly']),
  holds: types,
});
const declared = { name: text, input: text, output: text, covers: z.enum(['package', 'day', 'week', 'month']) };
const processor = z.discriminatedUnion('kind', [
  z.looseObject({
    ...declared,
    kind: z.literal('mapreduce'),
    work: z.looseObject({
      map: work.optional(),
      combine: work.optional(),
      partitionBy: z.looseObject({}),
      recordsPerPartition: z.number().positive(),
      reduce: work,
      finish: work.optional(),
    }),
  }),
  z.looseObject({ ...declared, kind: z.literal('map'), work: z.looseObject({ map: work }) }),
  z.looseObject({ ...declared, kind: z.literal('link') }),
  z.looseObject({ ...declared, kind: z.literal('inject') }),
]);
const flowSchema = z.object({ locations: z.array(location), processors: z.array(processor) });

/** The flow of a module of the user's, every part of it looked at. Errors: TM_ERR_DECLARATION. */
export async function loadCustomFlow(module: string): Promise<Flow> {
  const flow = await loadFlow(module);
  const checked = flowSchema.safeParse(flow);
  if (checked.success) return flow;
  const problems = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw fail('TM_ERR_DECLARATION', `the module ${module} declares something wrong: ${problems.join('; ')}`, { data: { module, problems } });
}
