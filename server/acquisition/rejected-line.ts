import { bean } from '../../engine/index.js';

/** A line that was not accepted, as a package of oirawdata keeps it: verbatim, with its source, line number and reason. */
export const RejectedLine = bean('RejectedLine', { source: 'string', line: 'integer', reason: 'string', text: 'bytes' });
