import { describe, expect, test } from 'vitest';
import { profilePage } from '#server/profile/page.js';
import { timeline } from '#server/profile/timeline.js';

const AT = 1_700_000_000_000;
const event = (label: string, thread: number, start: number, end: number) => ({ label, thread, start: AT + start, end: AT + end });

const events = [
  event('open the database', 9, 0, 50),
  event('SessionMerger runMap', 4, 10, 400),
  event('import parseShard', 3, 0, 100),
  event('SessionMerger runMap', 3, 100, 200),
  event('SessionInjection', 9, 400, 900),
];

describe('a timeline', () => {
  const made = timeline(events, AT, AT + 1000);

  test('has a lane a thread, the database last, with its tasks in order of time', () => {
    expect(made.lanes.map(({ name, busyMs }) => [name, busyMs])).toEqual([
      ['worker 1', 200],
      ['worker 2', 390],
      ['database', 550],
    ]);
    expect(made.lanes[0]?.spans.map(({ start, end }) => [start, end])).toEqual([
      [0, 100],
      [100, 200],
    ]);
  });

  test('tells where a thread waited and what the others did meanwhile; a short gap is no wait', () => {
    expect(made.lanes[0]?.waits).toEqual([{ label: 'waited while SessionInjection, SessionMerger ran', start: 200, end: 1000 }]);
    expect(made.lanes[1]?.waits.map(({ start, end }) => [start, end])).toEqual([[400, 1000]]);
    expect(made.lanes[2]?.waits.map(({ label, start }) => [label, start])).toEqual([
      ['waited while SessionMerger, import ran', 50],
      ['no task ran: starting, committing or ending', 900],
    ]);
  });

  test('sums by what was done, the longest first', () => {
    expect(made.kinds.map(({ kind, tasks, busyMs }) => [kind, tasks, busyMs])).toEqual([
      ['SessionInjection', 1, 500],
      ['SessionMerger', 2, 490],
      ['import', 1, 100],
      ['open', 1, 50],
    ]);
  });

  test('of nothing is empty', () => {
    expect(timeline([], AT, AT)).toEqual({ totalMs: 0, lanes: [], kinds: [] });
    expect(profilePage(timeline([], AT, AT), { title: 'nothing', about: [] })).toContain('<h1>nothing</h1>');
  });
});

test('the page has a bar a task and needs nothing from elsewhere; names from outside are text', () => {
  const page = profilePage(timeline([...events, event('<script>alert(1)</script> x', 3, 300, 310)], AT, AT + 1000), {
    title: 'tidemill run a&b "<i>".log',
    about: ['2 <workers>'],
  });
  expect(page.match(/<rect class="k\d+"/g)).toHaveLength(6);
  expect(page).toContain('<title>SessionInjection: 500 ms, from 400 ms</title>');
  expect(page).toContain('<h1>tidemill run a&amp;b &quot;&lt;i&gt;&quot;.log</h1>');
  expect(page).not.toMatch(/<script|<i>"|https?:|src=|@import/);
});
