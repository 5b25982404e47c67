import * as z from 'zod';
import { fail } from '../../errors.js';
import { cursorOf, pageFrom } from '../http/cursor.js';
import { operation } from '../http/route.js';
import { InjectionDetail, InjectionPage, pageQuery } from '../schemas/index.js';
import { injectionDetail, injectionSummary } from '../views/injection-view.js';
import { packageAt } from './packages.js';
import type { FastifyInstance } from 'fastify';
import type { WorkPackage } from '../../../engine/index.js';
import type { ApiParts } from '../parts.js';

const cursor = cursorOf('injections', z.string());

export function injectionRoutes(app: FastifyInstance, { service, overview }: ApiParts): void {
  const { store, topology } = service.dataset;

  function* found(before: string | undefined): Generator<{ readonly key: string; readonly p: WorkPackage }> {
    for (const { key, path } of overview.packages.injections(before)) {
      const p = store.package(path);
      if (p !== undefined) yield { key, p };
    }
  }

  operation(app, {
    method: 'GET',
    url: '/injections',
    id: 'listInjections',
    tag: 'injections',
    summary: 'What was put into the analytics database, newest first',
    query: pageQuery,
    answer: InjectionPage,
    handle: ({ query: { limit, cursor: at } }) =>
      pageFrom(found(cursor.decode(at)), limit, { view: ({ p }) => injectionSummary(p), cursor: ({ key }) => cursor.encode(key) }),
  });

  operation(app, {
    method: 'GET',
    url: '/injections/:path',
    id: 'getInjection',
    tag: 'injections',
    summary: 'The report of an injection: what became of the rows, table by table',
    params: { path: z.string().describe('path of the package that holds it; its slashes may be written as they are') },
    answer: InjectionDetail,
    problems: [404],
    handle({ params: { path } }) {
      const p = packageAt(store, path);
      if (topology.producerOf(p.location)?.kind !== 'inject')
        throw fail('TM_ERR_PACKAGE_UNKNOWN', `${p.path} holds no report of an injection`);
      return injectionDetail(p);
    },
  });
}
