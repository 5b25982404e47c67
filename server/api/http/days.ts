import { fail } from '../../errors.js';
import { parseDay, type Day } from '../../../engine/index.js';
import { day } from '../schemas/index.js';

/** Query parameters that choose periods by their days. */
export const dayRange = {
  from: day.optional().describe('only periods that end on this day or later'),
  to: day.optional().describe('only periods that begin on this day or earlier'),
};

/** Errors: TM_ERR_API_REQUEST for a day that is in no calendar. */
export function readDays({ from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }): {
  readonly from: Day | undefined;
  readonly to: Day | undefined;
} {
  return { from: read('from', from), to: read('to', to) };
}

function read(name: string, text: string | undefined): Day | undefined {
  const found = text === undefined ? undefined : parseDay(text);
  if (Number.isNaN(found)) throw fail('TM_ERR_API_REQUEST', `query.${name}: there is no day ${text}`);
  return found;
}
