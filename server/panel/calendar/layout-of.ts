import type { LocationSummary } from '../api/types.js';

export type Layout = LocationSummary['layout'];

/** How many folders of the calendar stand above a package, from its location on (spec §4). */
export const DEPTHS: Readonly<Record<Layout, number>> = { 'day-time': 3, daily: 3, 'weekly-by-day': 5, weekly: 2, monthly: 2 };
