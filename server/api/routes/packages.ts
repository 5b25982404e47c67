import * as z from 'zod';
import { fail } from '../../errors.js';
import { RejectedLine as RejectedBean } from '../../acquisition/rejected-line.js';
import { cursorOf, pageFrom } from '../http/cursor.js';
import { operation } from '../http/route.js';
import { BeanPage, PackageDetail, pageQuery, RejectedPage, type BeanField } from '../schemas/index.js';
import { beanView } from '../views/bean-view.js';
import { packageDetail } from '../views/package-view.js';
import { rejectedView } from '../views/rejected-view.js';
import { beansFrom, type NumberedBean } from '../views/rows-of-part.js';
import type { FastifyInstance } from 'fastify';
import type { WorkPackage } from '../../../engine/index.js';
import type { ApiParts } from '../parts.js';

const params = { path: z.string().describe('path of the package; its slashes may be written as they are') };
const beanCursor = cursorOf('beans', z.tuple([z.string(), z.int().min(0)]));
const rejectCursor = cursorOf('rejects', z.int().min(0));

export function packageRoutes(app: FastifyInstance, { service, overview }: ApiParts): void {
  const { store, topology } = service.dataset;

  operation(app, {
    method: 'GET',
    url: '/packages/:path',
    id: 'getPackage',
    tag: 'packages',
    summary: 'The metadata of a package',
    params,
    answer: PackageDetail,
    problems: [404],
    handle({ params: { path } }) {
      const p = packageAt(store, path);
      return packageDetail(p, overview.packages.usedBy(p.path));
    },
  });

  operation(app, {
    method: 'GET',
    url: '/packages/:path/beans',
    id: 'listBeans',
    tag: 'packages',
    summary: 'The beans of a package, of one type, in the order in which it holds them',
    params,
    query: { type: z.string().max(64).optional().describe('default: the first type that it holds'), ...pageQuery },
    answer: BeanPage,
    problems: [404],
    handle({ params: { path }, query: { type: name, limit, cursor } }) {
      const p = packageAt(store, path);
      const { holds } = topology.location(p.location);
      const type =
        holds.find((t) => (name === undefined ? (p.beans[t.name] ?? 0) > 0 : t.name === name)) ??
        (name === undefined ? holds[0] : undefined);
      if (type === undefined) {
        const held = holds.map((t) => t.name).join(', ') || 'none';
        if (name === undefined) return { type: '', fields: [], items: [] };
        throw fail('TM_ERR_API_REQUEST', `query.type: ${p.location} holds no beans of type ${name}, but ${held}`);
      }
      const [ofType, last] = beanCursor.decode(cursor) ?? [type.name, -1];
      if (ofType !== type.name) throw fail('TM_ERR_API_CURSOR', `the cursor is one of ${ofType}, not of ${type.name}`);
      const found = p.state === 'purged' ? [] : beansFrom(type, store.files(p), last + 1);
      return {
        type: type.name,
        fields: Object.entries(type.fields).map(([field, kind]): BeanField => ({ name: field, kind })),
        ...pageFrom(found, limit, { view: ({ bean }) => beanView(bean), cursor: ({ at }) => beanCursor.encode([type.name, at]) }),
      };
    },
  });

  operation(app, {
    method: 'GET',
    url: '/packages/:path/rejects',
    id: 'listRejectsOfPackage',
    tag: 'packages',
    summary: 'The rejected lines that a package keeps',
    params,
    query: pageQuery,
    answer: RejectedPage,
    problems: [404],
    handle({ params: { path }, query: { limit, cursor } }) {
      const p = packageAt(store, path);
      return pageFrom(rejectsOf(store, p, (rejectCursor.decode(cursor) ?? -1) + 1), limit, {
        view: ({ bean }) => rejectedView(bean),
        cursor: ({ at }) => rejectCursor.encode(at),
      });
    },
  });
}

type Packages = ApiParts['service']['dataset']['store'];

/** Rejected lines of a package from the `from`th on. */
export function rejectsOf(store: Packages, p: WorkPackage, from: number): Iterable<NumberedBean> {
  if (p.rejects === undefined || p.state === 'purged') return [];
  return beansFrom(RejectedBean, [{ file: store.file(p, p.rejects), blocks: p.rejects.blocks }], from);
}

/** Errors: TM_ERR_PACKAGE_UNKNOWN. */
export function packageAt(store: Packages, path: string): WorkPackage {
  const key = `/${path.replace(/^\/+|\/+$/g, '')}`;
  // What no package can be called must not get to the store: its keys are of limited length.
  const p = key.length <= 1024 && !/[^\x20-\x7e]/.test(key) ? store.package(key) : undefined;
  if (p === undefined) throw fail('TM_ERR_PACKAGE_UNKNOWN', `there is no package ${key}`);
  return p;
}
