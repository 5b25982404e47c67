import { fail } from './errors.js';
import { loadFlow, problemsOf, type Flow } from '../engine/index.js';

/** The folder of the store that no location may have. */
const SCRATCH = 'scratch';

/** The flow of a module of the user's, every part of it looked at. Errors: TM_ERR_DECLARATION. */
export async function loadCustomFlow(module: string): Promise<Flow> {
  const flow = await loadFlow(module);
  const problems = problemsOf(flow);
  const taken = problems.length > 0 ? -1 : flow.locations.findIndex(({ name }) => name === SCRATCH);
  if (taken >= 0) problems.push(`locations.${taken}.name: '${SCRATCH}' is the store's own`);
  if (problems.length === 0) return flow;
  throw fail('TM_ERR_DECLARATION', `the module ${module} declares something wrong: ${problems.join('; ')}`, { data: { module, problems } });
}
