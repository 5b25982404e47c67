import { checkBinding } from '../api/http/access.js';
import { checkDatabaseUrl } from '../database/url.js';
import { folderOf } from '../dataset-folder.js';
import { createLog } from '../log.js';
import { readSettings } from '../settings.js';
import type { ChildOptions } from '../supervisor/messages.js';
import { lockDataset } from '../supervisor/serve-lock.js';
import { supervise } from '../supervisor/supervisor.js';
import type { InterruptibleInvocation } from './program.js';

export interface ServeOptions {
  readonly apiPort: number;
  readonly apiHost: string;
  readonly sensorPort: number;
  readonly sensorHost: string;
}

/** The service, until SIGTERM or SIGINT. */
export async function serve({ options, interruptible }: InterruptibleInvocation<ServeOptions>): Promise<void> {
  const signal = interruptible();
  const { data, dataset, db, memory, workers, apiHost, apiPort, sensorHost, sensorPort } = options;
  const folder = folderOf({ data, name: dataset });
  checkBinding(apiHost, readSettings(folder, process.env).api);
  if (db !== undefined) checkDatabaseUrl(db);
  const lock = await lockDataset(folder);
  const log = createLog('supervisor');
  const common: Omit<ChildOptions, 'host' | 'port'> = {
    data,
    dataset,
    ...(workers === undefined ? {} : { workers }),
  };
  // Not among the arguments, which anybody on the host can read: it may hold a password.
  if (db !== undefined) process.env['TIDEMILL_DATABASE'] = db;
  if (memory !== undefined) process.env['TIDEMILL_MEMORY'] = memory;
  signal.addEventListener('abort', () => log.info('stopping: what is under way is brought to an end'), { once: true });
  try {
    await supervise(
      {
        capture: { ...common, host: sensorHost, port: sensorPort },
        engine: { ...common, host: apiHost, port: apiPort },
        log,
        onReady: (ports) => {
          const api = urlOf(apiHost, ports.engine);
          const sensor = urlOf(sensorHost, ports.capture);
          log.info('ready', { api, sensor });
          process.stdout.write(`tidemill: ready; panel and API on ${api}, sensor on ${sensor}\n`);
        },
      },
      signal,
    );
    log.info('stopped');
  } finally {
    lock.release();
  }
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
