import * as z from 'zod';
import { fail } from '../../errors.js';
import { named, Problem } from '../schemas/index.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Role } from './access.js';

type Shape = Readonly<Record<string, z.ZodType>>;
type Values<S extends Shape> = z.output<z.ZodObject<S>>;

/** One operation of the API: what it takes and answers, declared once for the check, the documentation and the types. */
export interface Operation<P extends Shape, Q extends Shape, B extends z.ZodType, A extends z.ZodType> {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Its name for programs that are made from the OpenAPI document. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** The status of the answer when all is well; default 200. */
  readonly status?: 200 | 202;
  readonly answer: A;
  /** Another status that the same answer may come with. */
  readonly otherwise?: number;
  /** Default: read for GET, admin for POST. */
  readonly role?: Role | 'open';
  /** Statuses of the problems that it may end with, beside those of all. */
  readonly problems?: readonly number[];
  handle(input: Input<P, Q, B>, reply: FastifyReply): z.output<A> | Promise<z.output<A>>;
}

export interface Input<P extends Shape, Q extends Shape, B extends z.ZodType> {
  readonly params: Values<P>;
  readonly query: Values<Q>;
  readonly body: z.output<B>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call a route; open to everybody where it is not said. */
    readonly role?: Role;
  }
}

/** The schemas with names, as Fastify and OpenAPI know them. */
export function namedSchemas(): { $id: string; [key: string]: unknown }[] {
  const { schemas } = z.toJSONSchema(named, { uri: (id) => id, io: 'output' });
  return Object.entries(schemas).map(([id, schema]) => ({ ...withoutDialect(schema), $id: id }));
}

export function operation<
  P extends Shape = Readonly<Record<string, never>>,
  Q extends Shape = Readonly<Record<string, never>>,
  B extends z.ZodType = z.ZodUndefined,
  A extends z.ZodType = z.ZodType,
>(app: FastifyInstance, o: Operation<P, Q, B, A>): void {
  const checks: Readonly<Record<string, z.ZodType | undefined>> = {
    params: z.object(o.params ?? {}),
    querystring: z.strictObject(o.query ?? {}),
    body: o.body,
  };
  const role = o.role ?? (o.method === 'GET' ? 'read' : 'admin');
  const problems = [
    ...(o.body === undefined ? [] : [413, 415]),
    ...(o.params === undefined && o.query === undefined && o.body === undefined ? [] : [400]),
    ...(role === 'open' ? [] : [401, 403]),
    ...(o.problems ?? []),
  ];
  const answer = (description: string): object => ({ description, content: { 'application/json': { schema: plain(o.answer) } } });
  app.route({
    method: o.method,
    url: o.url,
    config: role === 'open' ? {} : { role },
    schema: {
      operationId: o.id,
      tags: [o.tag],
      summary: o.summary,
      ...(o.description === undefined ? {} : { description: o.description }),
      ...(role === 'open' ? {} : { security: [{ token: [] }] }),
      ...(o.params === undefined ? {} : { params: plain(z.object(o.params)) }),
      querystring: plain(z.strictObject(o.query ?? {})),
      ...(o.body === undefined ? {} : { body: plain(o.body) }),
      response: {
        [o.status ?? 200]: answer('All is well'),
        ...(o.otherwise === undefined ? {} : { [o.otherwise]: answer('Not all is well') }),
        ...Object.fromEntries(
          problems.map((status) => [
            status,
            { description: 'Problem', content: { 'application/problem+json': { schema: plain(Problem) } } },
          ]),
        ),
      },
    },
    validatorCompiler:
      ({ httpPart = '' }) =>
      (value: unknown) =>
        parse(checks[httpPart] ?? z.unknown(), value, httpPart),
    handler: async (request: FastifyRequest, reply) => {
      reply.code(o.status ?? 200);
      return o.handle({ params: request.params as Values<P>, query: request.query as Values<Q>, body: request.body as z.output<B> }, reply);
    },
  });
}

/** A named schema as a reference, another one in full; input side: what has a default may be left out. */
function plain(schema: z.ZodType): object {
  const id = named.get(schema)?.id;
  if (id !== undefined) return { $ref: `${id}#` };
  return withoutDialect(z.toJSONSchema(schema, { io: 'input' }));
}

/** Which JSON Schema it is, the document says as a whole. */
function withoutDialect(schema: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema'));
}

function parse(schema: z.ZodType, value: unknown, part: string): { value: unknown } | { error: Error } {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${[part === 'querystring' ? 'query' : part, ...path].join('.')}: ${message}`,
  );
  return { error: fail('TM_ERR_API_REQUEST', problems.join('; '), { data: { problems } }) };
}
