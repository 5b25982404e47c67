import webAnalytics from '../../../processors/index.js';

const names = new Set([...webAnalytics.locations, ...webAnalytics.processors].map(({ name }) => name));

/** Whether a location or processor is one of those that everybody has. */
export function isBuiltIn(name: string): boolean {
  return names.has(name);
}
