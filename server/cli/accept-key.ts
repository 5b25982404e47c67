import { openWithoutKey } from '../dataset.js';
import { visible } from '../terminal/text.js';
import { acceptVisitorKey } from '../visitor-key.js';
import { datasetOptions, type Invocation } from './program.js';
import { print, printJson } from './output.js';

/** Go on with another key for visitors without an id. */
export async function acceptKey({ options }: Invocation<unknown>): Promise<void> {
  const dataset = await openWithoutKey(datasetOptions(options));
  try {
    const { file, isNew } = await acceptVisitorKey(dataset.folder, dataset.store);
    if (options.json === true) printJson({ file, new: isNew });
    else print(`${visible(file)} ${isNew ? 'has a new key' : 'is taken as it is'}: visitors without an id are counted anew from now on`);
  } finally {
    await dataset.store.close();
  }
}
