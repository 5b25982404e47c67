import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

/** Characters of a message that are kept: of its beginning, and of its end, where a cause or a place mostly is. */
const HEAD = 1500;
const TAIL = 400;
/** Characters of a stack: more than ten frames take. */
const STACK = 16_384;

/** The folder of Tidemill's own code, whichever file of the engine this one is bundled into. */
const OWN = import.meta.url.slice(0, import.meta.url.lastIndexOf('/engine/') + 1);
/** What calls the functions of a module, and loads it: what is below that in a stack is no part of the module. */
const CALLERS = ['engine/task/tasks.js', 'engine/task/load-processor.js', 'engine/executor/executor.js'].map((file) => OWN + file);
const FRAME = /^\s+at (?:async )?(?:.* \()?(file:\/\/.+|\/.+):(\d+):(\d+)\)?$/;

/** What is told of something that was thrown, and where, if the code is foreign: texts of bounded length, whatever it is. Never throws. */
export function describeError(error: unknown, isForeign: boolean): { readonly message: string; readonly stack: string | undefined } {
  try {
    const stack = stackOf(error);
    const place = isForeign && error instanceof Error ? placeOf(error) : undefined;
    const message = shortened(messageOf(error));
    return { message: place === undefined || message.includes(place) ? message : `${message} (${place})`, stack };
  } catch {
    return { message: 'something was thrown that cannot be read', stack: undefined };
  }
}

/** The text, or its beginning and end where it is long. */
export function shortened(text: string): string {
  if (text.length <= HEAD + TAIL) return text;
  return `${text.slice(0, HEAD)} … (${text.length} characters) … ${text.slice(-TAIL)}`;
}

function messageOf(error: unknown): string {
  const told: unknown = error instanceof Error ? error.message : error;
  return typeof told === 'string' ? told : inspect(told);
}

/** The stack of an error and those of its causes. */
function stackOf(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const stack = `${error.name}: ${shortened(messageOf(error))}\n${framesOf(error).join('\n')}`;
  const cause = depth < 5 ? stackOf(error.cause, depth + 1) : undefined;
  return cause === undefined ? stack : `${stack}\nCaused by: ${cause}`;
}

/** Their lines are the last ones of the stack: what is before them is the message, however long. */
function framesOf({ stack }: Error): string[] {
  if (typeof stack !== 'string') return [];
  return stack
    .slice(-STACK)
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
}

/**
 * Where a module of somebody else's threw, as file:line:column: the first frame that is in none of our files, nor in a package's or
 * Node's. What runs code by its text has no place.
 */
function placeOf(error: Error): string | undefined {
  for (const frame of framesOf(error)) {
    const [, at = '', line, column] = FRAME.exec(frame) ?? [];
    if (CALLERS.includes(at)) return undefined;
    if (at === '' || at.startsWith(OWN) || at.includes('/node_modules/') || frame.includes('eval at ')) continue;
    return `${at.startsWith('file:') ? fileURLToPath(at) : at}:${line}:${column}`;
  }
  return undefined;
}
