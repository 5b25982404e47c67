import { locations } from './locations.js';
import { OIInjection } from './oi-injection.js';
import { OIProcessor } from './oi-processor.js';
import { SessionInjection } from './session-injection.js';
import { SessionMerger } from './session-merger.js';
import { SessionProcessor } from './session-processor.js';
import { VisitorInjection } from './visitor-injection.js';
import { VisitorMerger } from './visitor-merger.js';
import { VisitorMonthInjection } from './visitor-month-injection.js';
import { VisitorMonthProcessor } from './visitor-month-processor.js';
import { VisitorProcessor } from './visitor-processor.js';
import { VisitorWeekInjection } from './visitor-week-injection.js';
import { VisitorWeekMerger } from './visitor-week-merger.js';
import { VisitorWeekProcessor } from './visitor-week-processor.js';
import type { Flow } from '../engine/index.js';

export * from './beans.js';
export { hostName } from './session/referrer.js';
export type { Params } from './params.js';

/** The flow of seed 004: 13 processors between 15 locations. */
const webAnalytics: Flow = {
  locations,
  processors: [
    OIProcessor,
    OIInjection,
    SessionMerger,
    SessionProcessor,
    SessionInjection,
    VisitorMerger,
    VisitorProcessor,
    VisitorInjection,
    VisitorWeekMerger,
    VisitorWeekProcessor,
    VisitorWeekInjection,
    VisitorMonthProcessor,
    VisitorMonthInjection,
  ],
};
export default webAnalytics;
