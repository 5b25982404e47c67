import { bean } from '../../engine/index.js';
import { RejectedLine as InShard } from '../import/rejects.js';

/** A line that was not accepted, as a package of oirawdata keeps it: verbatim, with its source, line number in it, and reason. */
export const RejectedLine = bean(InShard.name, { source: 'string', ...InShard.fields });
