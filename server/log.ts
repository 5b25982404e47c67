import { destination as openDestination, pino, stdTimeFunctions } from 'pino';
import { TidemillError } from '../engine/errors.js';
import { visible } from './terminal/text.js';

/** Plain data that goes with an event. Texts are made visible, and what is called like a secret is left out. */
export type LogData = Readonly<Record<string, unknown>>;

/** The log of a process that goes on: one JSON line an event on standard error. */
export interface Log {
  info(event: string, data?: LogData): void;
  warn(event: string, data?: LogData): void;
  error(event: string, data?: LogData): void;
}

const SECRET = /token|password|secret|authorization|cookie|visitorkey/i;
const MAX_DEPTH = 4;

/**
 * What a log line holds of a value: control and format characters escaped (texts may come from the web), secrets left out,
 * errors as their code and message, with their cause.
 */
export function loggable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return visible(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '…';
  if (value instanceof Error) {
    const code = value instanceof TidemillError ? value.code : (value as NodeJS.ErrnoException).code;
    return {
      ...(code === undefined ? {} : { code }),
      message: visible(value.message),
      ...(code === undefined && value.stack !== undefined ? { stack: visible(value.stack) } : {}),
      ...(value.cause === undefined ? {} : { cause: loggable(value.cause, depth + 1) }),
    };
  }
  if (Array.isArray(value)) return value.map((entry) => loggable(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [visible(key), SECRET.test(key) ? '(left out)' : loggable(entry, depth + 1)]),
  );
}

/** A log whose lines name the process that they are from. `write` is given each line, with its end. */
export function createLog(process: string, write?: (line: string) => void): Log {
  const destination = write === undefined ? openDestination({ fd: 2, sync: true }) : { write };
  const logger = pino(
    {
      base: { process },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    destination,
  );
  // Whoever read our log may be gone; that is no reason to stop working.
  if ('on' in destination) destination.on('error', () => undefined);
  const as =
    (level: 'info' | 'warn' | 'error') =>
    (event: string, data: LogData = {}): void =>
      logger[level](loggable(data), visible(event));
  return { info: as('info'), warn: as('warn'), error: as('error') };
}
