/** The capture process: `node capture-main.js '{"data":"…","dataset":"analytics","port":7401,"host":"127.0.0.1"}'`. */
import { folderOf } from '../dataset-folder.js';
import { createLog } from '../log.js';
import { readSettings } from '../settings.js';
import { runChild } from '../supervisor/run-child.js';
import { startCapture } from './capture.js';

const log = createLog('capture');
await runChild(log, async ({ data, dataset, host, port }, tell) => {
  const folder = folderOf({ data, name: dataset });
  const capture = await startCapture({ folder, settings: readSettings(folder, process.env), host, port, log, tell });
  tell({ kind: 'capture', status: capture.status() });
  return { port: capture.port, stop: () => capture.close() };
});
