import * as z from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value of a schema with plain values of the environment in the place of its own, and the path of each variable that was put in. */
export interface Overridden {
  readonly value: unknown;
  readonly variables: ReadonlyMap<string, readonly string[]>;
}

/** A variable's name is that of the path: `session.timeoutMinutes` is TIDEMILL_SESSION_TIMEOUT_MINUTES. */
export function override(schema: z.ZodType, value: unknown, environment: Environment): Overridden {
  const variables = new Map<string, readonly string[]>();
  const put = (of: z.core.$ZodType, own: unknown, at: readonly string[]): unknown => {
    const inner = bare(of);
    if (inner instanceof z.ZodObject) {
      if (own !== undefined && !isObject(own)) return own;
      const out: Record<string, unknown> = { ...own };
      for (const [key, child] of Object.entries(inner.shape)) {
        const made = put(child, out[key], [...at, key]);
        if (made !== undefined) out[key] = made;
      }
      return out;
    }
    const name = variableOf(at);
    const text = environment[name];
    if (text === undefined) return own;
    variables.set(name, at);
    if (inner instanceof z.ZodBoolean && /^(true|false)$/.test(text)) return text === 'true';
    return inner instanceof z.ZodNumber && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  };
  return { value: put(schema, value, []), variables };
}

/** What is inside of defaults. */
export function bare(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
    ? bare(schema.unwrap())
    : schema;
}

function variableOf(at: readonly string[]): string {
  return ['TIDEMILL', ...at.map((key) => key.replace(/[A-Z]/g, '_$&').toUpperCase())].join('_');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
