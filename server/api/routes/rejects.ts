import * as z from 'zod';
import { cursorOf, pageFrom } from '../http/cursor.js';
import { operation } from '../http/route.js';
import { pageQuery, RejectedOverview, type RejectedOfPackage } from '../schemas/index.js';
import { rejectedView } from '../views/rejected-view.js';
import { rejectsOf } from './packages.js';
import type { FastifyInstance } from 'fastify';
import type { ApiParts } from '../parts.js';

/** Of the last line of a page: the key of its package, and its number there. */
const cursor = cursorOf('rejected', z.tuple([z.string(), z.int().min(0)]));

interface Found {
  readonly key: string;
  readonly at: number;
  readonly line: RejectedOfPackage;
}

export function rejectRoutes(app: FastifyInstance, { service, overview }: ApiParts): void {
  const { store } = service.dataset;

  function* found(key: string | undefined, from: number): Generator<Found> {
    // The package that the last page ended in is gone through again; the greatest key below `key + ' '` is `key`.
    for (const { key: own, path } of overview.packages.withRejects(key === undefined ? undefined : `${key}\0`)) {
      const p = store.package(path);
      if (p === undefined) continue;
      for (const { at, bean } of rejectsOf(store, p, own === key ? from : 0))
        yield { key: own, at, line: { package: path, ...rejectedView(bean) } };
    }
  }

  operation(app, {
    method: 'GET',
    url: '/rejects',
    id: 'listRejects',
    tag: 'packages',
    summary: 'The rejected lines of all packages, and how many there are by reason',
    query: pageQuery,
    answer: RejectedOverview,
    handle({ query: { limit, cursor: given } }) {
      const [key, last] = cursor.decode(given) ?? [undefined, -1];
      return {
        ...pageFrom(found(key, last + 1), limit, { view: ({ line }) => line, cursor: ({ key: own, at }) => cursor.encode([own, at]) }),
        byReason: overview.packages.rejectedByReason(),
      };
    },
  });
}
