import { BaseSequencer } from 'vitest/node';

/** The files that take longest, and the folders whose files do: they start first, so that none of them is alone at the end. */
const LONGEST = [
  'main-job/crash',
  'serve/killed',
  'main-job/cli-failures',
  'panel/looks',
  'main-job/right',
  'main-job/deterministic',
  'main-job/',
  'panel/',
  'server/service/',
  'server/supervisor/supervisor',
  'server/agent/',
  'server/database/',
  'serve/',
];

/**
 * A vitest sequencer for checkouts in which no test has run before: vitest starts the longest files first only where it
 * remembers how long they took.
 */
export default class LongestFirst extends BaseSequencer {
  /**
   * @override
   * @param {import('vitest/node').TestSpecification[]} files
   */
  async sort(files) {
    const place = (/** @type {import('vitest/node').TestSpecification} */ { moduleId }) => {
      const at = LONGEST.findIndex((name) => moduleId.includes(`/test/${name}`));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
