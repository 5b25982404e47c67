/**
 * An example of processors of your own: how often things of each colour were looked at, day by day.
 *
 * A shop reports the colour of the thing that is seen with every impression:
 *
 *   {"time":1456704000000,"site":"shop","object":"/chairs/7","visitor":"v1","params":{"colour":"red","price":49.9}}
 *
 * and wants a table of its own beside those that Tidemill makes:
 *
 *   l3_colour   granularity, period, site, colour; views, impressions
 *
 * To try it, copy this file next to `dataset.json`, name it there, and import something with colours:
 *
 *   tidemill-data/analytics/dataset.json      { "timeZone": "Europe/Berlin", "processors": ["./colours-processor.js"] }
 *   tidemill-data/analytics/colours-processor.js
 *
 *   tidemill run impressions.jsonl
 *   tidemill export l3_colour --format csv
 *
 * What was imported before the module was named is counted as well: a processor runs for every package that has no result
 * of it yet. Your processors take the same way as the built-in ones: they show in `tidemill jobs` and `tidemill locations`,
 * late data makes their sums anew, and a run that is killed goes on where it was.
 *
 *   oirawdata ── ColoursProcessor ──▶ coloursprocessed ── ColoursInjection ──▶ coloursinjected, and the table l3_colour
 *
 * The module's default export is a function. Tidemill calls it with a toolkit, so that the module imports nothing and can
 * lie in any folder. It is called in every worker thread: what it returns must depend on nothing but the toolkit.
 */
export default ({ aggregate, bean, beanMapper, mergeAggregates }) => {
  /*
   * What to read. A package of `oirawdata` holds TransferObject beans: one for each impression that was accepted, with the
   * fields of docs/impressions.md. Name those that you need; the others are not even decoded. `params` is of type json.
   */
  const Impression = bean('TransferObject', { site: 'string', action: 'string', params: 'json' });

  /*
   * What to write. An aggregate has a key, which names one sum, and measures, which say how two beans with the same key
   * become one: 'sum', 'min' or 'max'. `table` is where the sums go; the database makes it, with `granularity` and `period`
   * before the columns given here. Keys are strings or integers, and the first is best the site.
   */
  const L3Colour = aggregate('L3Colour', {
    table: 'l3_colour',
    key: { site: 'string', colour: 'string' },
    measures: { views: 'sum', impressions: 'sum' },
  });

  /*
   * From one impression to what it adds. `emit` may be called never, once or many times. This must be a pure function of
   * the bean: no clock, no files, no variables of outside, because a task that fails is tried again and may run anywhere.
   * An impression that it throws for is set aside with its reason, and the others go on.
   */
  const coloursOf = beanMapper(Impression, [L3Colour], ({ site, action, params }, emit) => {
    const colour = params?.colour;
    // `params` may hold numbers and booleans as well, or nothing.
    if (typeof colour !== 'string' || colour.trim() === '') return;
    emit(L3Colour, { site, colour: colour.trim().toLowerCase(), views: action === 'view' ? 1 : 0, impressions: 1 });
  });

  return {
    /*
     * Where the results lie. `day-time` keeps a package for each package that is read; `daily` has one a day. `holds` names
     * the types of the beans; a location of injection reports holds none.
     */
    locations: [
      { name: 'coloursprocessed', layout: 'day-time', holds: [L3Colour] },
      { name: 'coloursinjected', layout: 'daily', holds: [] },
    ],
    processors: [
      /*
       * Intermediate sums, a job for each package. `mergeAggregates` gives all that a sum by key needs besides the map:
       * beans with equal keys are merged in each shard first (combine), then over all shards (reduce).
       */
      {
        name: 'ColoursProcessor',
        kind: 'mapreduce',
        input: 'oirawdata',
        output: 'coloursprocessed',
        covers: 'package',
        work: { ...mergeAggregates([L3Colour]), map: coloursOf },
      },
      /*
       * A day's sums into the database, a job for each day: the packages of the day are merged by key, and the rows that
       * the table holds of that day are replaced, in one transaction.
       */
      { name: 'ColoursInjection', kind: 'inject', input: 'coloursprocessed', output: 'coloursinjected', covers: 'day' },
    ],
  };
};
