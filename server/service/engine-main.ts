/* The entry of the engine process: agent, scheduler and engine of a dataset, and the API before them. */
import { startApi } from '../api/start.js';
import { openForWriting } from '../dataset.js';
import { createLog } from '../log.js';
import { runChild } from '../supervisor/run-child.js';
import { RunningService } from './service.js';

/** How long after an error of the store the API still shows it, ms; the supervisor starts this process anew then. */
const SHOW = 5000;

const log = createLog('engine');
await runChild(log, async ({ data, dataset: name, workers, host, port }) => {
  const dataset = await openForWriting({ data, name, database: undefined, environment: process.env });
  const onFailure = (error: unknown): void => {
    setTimeout(() => {
      throw error;
    }, SHOW).unref();
  };
  const service = await RunningService.start({ dataset, workers, log, onFailure });
  const api = await startApi(service, { host, port, log }).catch(async (error: unknown) => {
    await service.close();
    throw error;
  });
  return {
    port: api.port,
    stop: async () => {
      await api.close();
      await service.close();
    },
    hear: (message) => {
      if (message.kind === 'capture') service.captureSays(message.status);
      else if (message.kind === 'closed') service.spoolClosed();
      else service.captureDown();
    },
  };
});
