import { expect, test } from 'vitest';
import { Topology } from '#engine/processor.js';
import webAnalytics from '#processors/index.js';
import { loadFlow, loadProcessor } from '#engine/task/load-processor.js';

const topology = new Topology(webAnalytics);

/** Spec §5, as a table: processor, kind, input, output, what a job covers. */
test.for([
  ['OIProcessor', 'mapreduce', 'oirawdata', 'oiprocessed', 'package'],
  ['OIInjection', 'inject', 'oiprocessed', 'oiinjected', 'day'],
  ['SessionMerger', 'mapreduce', 'sesrawdata', 'sesdata', 'day'],
  ['SessionProcessor', 'mapreduce', 'sesdata', 'sesprocessed', 'day'],
  ['SessionInjection', 'inject', 'sesprocessed', 'sesinjected', 'day'],
  ['VisitorMerger', 'map', 'sesdata', 'visdata', 'day'],
  ['VisitorProcessor', 'mapreduce', 'visdata', 'visprocessed', 'day'],
  ['VisitorInjection', 'inject', 'visprocessed', 'visinjected', 'day'],
  ['VisitorWeekMerger', 'link', 'visdata', 'visweekdata', 'day'],
  ['VisitorWeekProcessor', 'mapreduce', 'visweekdata', 'visweekprocessed', 'week'],
  ['VisitorWeekInjection', 'inject', 'visweekprocessed', 'visweekinjected', 'week'],
  ['VisitorMonthProcessor', 'mapreduce', 'visdata', 'vismonthprocessed', 'month'],
  ['VisitorMonthInjection', 'inject', 'vismonthprocessed', 'vismonthinjected', 'month'],
])('%s (%s): %s to %s, a job covers a %s', ([name, kind, input, output, covers]) => {
  expect(topology.processor(name!)).toMatchObject({ kind, input, output, covers });
});

test('there are 13 processors and 15 locations, laid out as in spec §4', () => {
  expect(topology.processors.size).toBe(13);
  const layouts = Object.fromEntries([...topology.locations.values()].map((l) => [l.name, l.layout]));
  const all = (layout: string, ...names: string[]): Record<string, string> => Object.fromEntries(names.map((n) => [n, layout]));
  expect(layouts).toEqual({
    ...all('day-time', 'oirawdata', 'sesrawdata', 'oiprocessed'),
    ...all('daily', 'oiinjected', 'sesdata', 'sesprocessed', 'sesinjected', 'visdata', 'visprocessed', 'visinjected'),
    ...all('weekly-by-day', 'visweekdata'),
    ...all('weekly', 'visweekprocessed', 'visweekinjected'),
    ...all('monthly', 'vismonthprocessed', 'vismonthinjected'),
  });
  for (const { name, holds } of topology.locations.values()) expect(holds.length === 0, name).toBe(name.endsWith('injected'));
});

test('the beans of the database are in one location each, with the tables of spec §6', () => {
  const types = ['oiprocessed', 'sesprocessed', 'visprocessed'].flatMap((l) => topology.location(l).holds);
  expect(types.map((t) => t.table)).toEqual(types.map((t) => t.name.toLowerCase().replace(/^l([23])/, 'l$1_')));
  expect(new Set(types.map((t) => t.name)).size).toBe(22);
});

test('a task finds every processor that has something to do by its module and name', async () => {
  const module = import.meta.resolve('#processors/index.js');
  expect((await loadFlow(module)).processors).toHaveLength(13);
  for (const p of webAnalytics.processors) {
    const found = loadProcessor({ module, name: p.name });
    if ('work' in p) expect(await found).toBe(p.work);
    else await expect(found).rejects.toThrow(expect.objectContaining({ code: 'TM_ERR_DECLARATION' }));
  }
  for (const ref of [
    { module, name: 'Nobody' },
    { module: `${module}.none`, name: 'OIProcessor' },
  ]) {
    await expect(loadProcessor(ref)).rejects.toThrow(expect.objectContaining({ code: 'TM_ERR_DECLARATION' }));
  }
});
