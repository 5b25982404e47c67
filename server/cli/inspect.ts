import { fail } from '../errors.js';
import { openForReading, type Dataset } from '../dataset.js';
import { RejectedLine } from '../acquisition/rejected-line.js';
import { beansOf, readPart, type Bean, type BeanType, type WorkPackage } from '../../engine/index.js';
import { datasetOptions, type Invocation } from './program.js';
import { printJson, withPeriod } from './output.js';

export interface InspectOptions {
  readonly beans?: true;
  readonly type?: string;
  readonly rejects?: true;
  readonly limit?: number;
}

export async function inspect({ options }: Invocation<InspectOptions>, path: string): Promise<void> {
  const dataset = await openForReading(datasetOptions(options));
  try {
    const p = dataset.store.package(path.replace(/\/*(\/(part-\d+|data\.txt))?$/, '').replace(/^\/*/, '/'));
    if (p === undefined) throw fail('TM_ERR_PACKAGE_UNKNOWN', `there is no package '${path}'`);
    if (options.rejects === true) printSome(rejectedLines(dataset, p), options.limit);
    else if (options.beans === true || options.type !== undefined) printSome(beans(dataset, p, options.type), options.limit);
    else printJson(withPeriod(p), options.json === true ? undefined : 2);
  } finally {
    await dataset.store.close();
  }
}

function printSome(found: Iterable<Bean>, limit = Infinity): void {
  let n = 0;
  for (const bean of found) {
    if (n++ >= limit) return;
    printJson(bean);
  }
}

function* beans({ store, topology }: Dataset, p: WorkPackage, only: string | undefined): Generator<Bean> {
  const types = new Map<string, BeanType>(topology.location(p.location).holds.map((t) => [t.name, t]));
  if (only !== undefined && !types.has(only))
    throw fail('TM_ERR_USAGE', `${p.location} holds no beans of type ${only}, but ${[...types.keys()].join(', ') || 'none'}`);
  for (const { file, blocks } of store.files(p)) {
    for (const batch of readPart({ file, blocks: blocks.filter((b) => only === undefined || b.type === only) })) {
      for (const bean of beansOf(types.get(batch.type) as BeanType, batch)) yield only === undefined ? { bean: batch.type, ...bean } : bean;
    }
  }
}

/** Rejected lines; text that is not UTF-8 as base64, so that nothing of it is lost. */
function* rejectedLines({ store }: Dataset, p: WorkPackage): Generator<Bean> {
  if (p.rejects === undefined) return;
  const strict = new TextDecoder('utf-8', { fatal: true });
  for (const batch of readPart({ file: store.file(p, p.rejects), blocks: p.rejects.blocks })) {
    for (const { text, ...bean } of beansOf(RejectedLine, batch)) {
      try {
        yield { ...bean, text: strict.decode(text as Uint8Array) };
      } catch {
        yield { ...bean, base64: Buffer.from(text as Uint8Array).toString('base64') };
      }
    }
  }
}
