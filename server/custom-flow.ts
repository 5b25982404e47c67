import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { fail } from './errors.js';
import { flowOfOutline, problemsOf, TidemillError, type Flow } from '../engine/index.js';
import { PoolExecutor } from '../engine/executor/pool-executor.js';

/** The folder of the store that no location may have. */
const SCRATCH = 'scratch';

const OUTLINE = new URL('../engine/task/flow-outline.js', import.meta.url).href;
/** How long a module may take to load, ms: as long as a task, but within these. */
const LOADING = { least: 2000, most: 30_000 };
/** What a module came to that was never there whole: no word of what it declares. */
const ENDED = ['TM_ERR_TASK_TIMEOUT', 'TM_ERR_WORKER_LOST'];

/**
 * The flow of a module of the user's, every part of it looked at. It is loaded in a thread of its own, which ends with this call: its
 * functions cannot be called here. Errors: TM_ERR_DECLARATION, TM_ERR_PROCESSOR_LOAD.
 */
export async function loadCustomFlow(module: string, taskTimeoutMs: number): Promise<Flow> {
  const flow = flowOfOutline(await outlineOf(module, Math.min(LOADING.most, Math.max(LOADING.least, taskTimeoutMs))), module);
  const problems = problemsOf(flow);
  const taken = problems.length > 0 ? -1 : flow.locations.findIndex(({ name }) => name === SCRATCH);
  if (taken >= 0) problems.push(`locations.${taken}.name: '${SCRATCH}' is the store's own`);
  if (problems.length === 0) return flow;
  throw fail('TM_ERR_DECLARATION', `the module ${module} declares something wrong: ${problems.join('; ')}`, { data: { module, problems } });
}

async function outlineOf(module: string, timeoutMs: number): Promise<unknown> {
  const thread = new PoolExecutor(1, { isForeign: true });
  try {
    return await thread.run({ module: OUTLINE, name: 'outlineFlow', argument: module }, { timeoutMs, label: 'its loading' });
  } catch (error) {
    if (!(error instanceof TidemillError)) throw error;
    if (ENDED.includes(error.code))
      throw fail('TM_ERR_PROCESSOR_LOAD', `the module ${module} was not loaded to its end: ${error.message}`, { cause: error });
    const place = error.code === 'TM_ERR_DECLARATION' ? await placeOfSyntaxError(fileURLToPath(module)) : undefined;
    if (place !== undefined) throw fail('TM_ERR_DECLARATION', `${error.message} (${place})`, { cause: error });
    throw error;
  } finally {
    await thread.close();
  }
}

/** File and line of what does not parse, if anything: Node tells them only to who checks a file on the command line. */
async function placeOfSyntaxError(file: string): Promise<string | undefined> {
  const source = await readFile(file, 'utf8').catch(() => '');
  const type = file.endsWith('.cjs') ? 'commonjs' : 'module';
  const { stderr } = spawnSync(process.execPath, [`--input-type=${type}`, '--check', '-'], {
    input: source,
    encoding: 'utf8',
    timeout: LOADING.most,
  });
  const [, line] = /^\[stdin\]:(\d+)\n/.exec(stderr) ?? [];
  return line === undefined ? undefined : `${file}:${line}`;
}
