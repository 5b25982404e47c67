import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { startCapture, type Capture } from '#server/capture/capture.js';
import { createLog } from '#server/log.js';
import { readSettings } from '#server/settings.js';
import type { ChildMessage } from '#server/supervisor/messages.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

export const NOON = Date.UTC(2026, 2, 2, 12);

export interface Capturing extends Capture {
  readonly url: string;
  readonly folder: string;
  /** What was logged, a line each. */
  readonly log: string[];
  readonly told: ChildMessage[];
  /** POST a body; a text goes as text/plain, else it is JSON. */
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

export interface CapturingOptions {
  /** Of dataset.json. */
  readonly settings?: object;
  readonly clock?: () => number;
  readonly folder?: string;
}

/** A capture on a free port, in this process; it is closed when the test has ended. */
export async function capturing({
  settings = {},
  clock = () => NOON,
  folder = temporaryFolder(),
}: CapturingOptions = {}): Promise<Capturing> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'dataset.json'), JSON.stringify(settings));
  const log: string[] = [];
  const told: ChildMessage[] = [];
  const capture = await startCapture({
    folder,
    settings: readSettings(folder, {}),
    host: '127.0.0.1',
    port: 0,
    log: createLog('capture', (line) => log.push(line)),
    clock,
    tell: (message) => told.push(message),
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= capture.close());
  onTestFinished(close);
  const url = `http://127.0.0.1:${capture.port}`;
  return {
    port: capture.port,
    status: () => capture.status(),
    close,
    url,
    folder,
    log,
    told,
    post: (body, headers = {}) =>
      fetch(`${url}/sensor`, {
        method: 'POST',
        headers: { 'content-type': typeof body === 'string' ? 'text/plain;charset=UTF-8' : 'application/json', ...headers },
        body: typeof body === 'string' ? body : body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body),
      }),
  };
}

/** The data files of a location of a dataset's spool, with their content, in the order of their names. */
export function dataFiles(folder: string, location: string): { readonly file: string; readonly text: string }[] {
  const spool = path.join(folder, 'spool');
  return readdirSync(path.join(spool, location), { recursive: true, encoding: 'utf8' })
    .map((file) => `${location}/${file}`)
    .filter((file) => /\/data\.txt(\.temp)?$/.test(file))
    .toSorted()
    .map((file) => ({ file, text: readFileSync(path.join(spool, file), 'utf8') }));
}

/** All lines of a location, in the order of the packages. */
export function spoolLines(folder: string, location: 'oirawdata' | 'sesrawdata'): Record<string, unknown>[] {
  return dataFiles(folder, location)
    .flatMap(({ text }) => text.split('\n').filter((line) => line !== ''))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
