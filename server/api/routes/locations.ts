import * as z from 'zod';
import { fail } from '../../errors.js';
import { cursorOf } from '../http/cursor.js';
import { dayRange, readDays } from '../http/days.js';
import { operation } from '../http/route.js';
import { LocationDetail, LocationList, pageQuery } from '../schemas/index.js';
import { locationDays, locationSummary } from '../views/location-view.js';
import { packageSummary } from '../views/package-view.js';
import { pageFrom } from '../http/cursor.js';
import type { FastifyInstance } from 'fastify';
import type { ApiParts } from '../parts.js';

const cursor = cursorOf('location', z.string());

export function locationRoutes(app: FastifyInstance, { service, overview }: ApiParts): void {
  const { topology, store } = service.dataset;

  operation(app, {
    method: 'GET',
    url: '/locations',
    id: 'listLocations',
    tag: 'locations',
    summary: 'All locations, in the order of the flow',
    answer: LocationList,
    handle: () => ({ items: [...topology.locations.values()].map((l) => locationSummary(l, overview)) }),
  });

  operation(app, {
    method: 'GET',
    url: '/locations/:name',
    id: 'getLocation',
    tag: 'locations',
    summary: 'A location: its calendar, and its packages, those of the latest days first',
    params: { name: z.string() },
    query: { ...dayRange, ...pageQuery },
    answer: LocationDetail,
    problems: [404],
    handle({ params: { name }, query: { limit, cursor: at, ...range } }) {
      const location = topology.locations.get(name);
      if (location === undefined) throw fail('TM_ERR_LOCATION_UNKNOWN', `there is no location '${name}'`);
      const days = readDays(range);
      const found = function* () {
        for (const path of overview.packages.paths(name, days, cursor.decode(at))) {
          const p = store.package(path);
          if (p !== undefined) yield p;
        }
      };
      return {
        ...locationSummary(location, overview),
        days: locationDays(name, days, overview, topology),
        ...pageFrom(found(), limit, { view: packageSummary, cursor: (p) => cursor.encode(p.path) }),
      };
    },
  });
}
