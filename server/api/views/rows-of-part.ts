import { beanAt, readPart, type Batch, type Bean, type BeanType, type PartFile } from '../../../engine/index.js';

/** One bean of a package, and how many of its kind there are before it. */
export interface NumberedBean {
  readonly at: number;
  readonly bean: Bean;
}

/**
 * Beans of one type in some parts from the `from`th on. Blocks before it are passed over by their counts; of those that are
 * read only the rows asked for are decoded. Errors: TM_ERR_BLOCK_CORRUPT, TM_ERR_BLOCK_VERSION.
 */
export function* beansFrom(type: BeanType, parts: readonly PartFile[], from: number): Generator<NumberedBean> {
  let before = 0;
  for (const { file, blocks } of parts) {
    for (const block of blocks.filter((b) => b.type === type.name)) {
      const end = before + block.records;
      if (end > from) {
        const [batch] = [...readPart({ file, blocks: [block] })] as [Batch];
        for (let row = Math.max(0, from - before); row < batch.rows; row++) yield { at: before + row, bean: beanAt(type, batch, row) };
      }
      before = end;
    }
  }
}
