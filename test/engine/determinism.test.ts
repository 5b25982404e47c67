/* The key property: the same output for any worker count and shard size. */
import { expect, test } from 'vitest';
import { InlineExecutor } from '#engine/executor/inline-executor.js';
import { PoolExecutor } from '#engine/executor/pool-executor.js';
import type { Executor } from '#engine/executor/executor.js';
import { digestOfStore } from '../support/digest.js';
import { DAYS, someLines, topology, Words } from '../support/words.js';

test('the result is the same for any size of shards and number of workers', async () => {
  const runs: [string, Executor, number][] = [
    ['inline', new InlineExecutor(), 1],
    ['inline', new InlineExecutor(), 64],
    ['inline', new InlineExecutor(), 1_000_000],
    ['1 worker', new PoolExecutor(1), 200],
    ['2 workers', new PoolExecutor(2), 1],
    ['2 workers', new PoolExecutor(2), 1_000_000],
    ['4 workers', new PoolExecutor(4), 30],
  ];
  const digests = new Map<string, string[]>();
  for (const [name, executor, recordsPerShard] of runs) {
    const own = await new Words(executor).open();
    for (const { date, lines } of DAYS) await own.add(date, lines, 25);
    await own.add(DAYS[1]!.date, someLines(20, 4));
    const { failed, waiting } = await own.drain({ limits: { recordsPerShard } });
    expect([failed, waiting]).toEqual([[], []]);
    const digest = JSON.stringify([
      digestOfStore(own.store, topology),
      own.sink.deliveries.map((d) => JSON.stringify([d.package, d.beans])).sort(),
    ]);
    digests.set(digest, [...(digests.get(digest) ?? []), `${name}, ${recordsPerShard} records a shard`]);
    await own.store.close();
    await executor.close();
  }
  expect([...digests.values()]).toHaveLength(1);
}, 60_000);
