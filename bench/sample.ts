#!/usr/bin/env node
/**
 * The main job on a sample: `npm start`. Makes 200,000 impressions over ten days that cross a month's and an ISO week's end,
 * always the same, and runs all processors on them. The folder is TIDEMILL_DATA, or ./tidemill-data.
 */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { main } from '../server/cli/program.js';
import { traffic } from './generate/traffic.js';
import { writeFiles } from './generate/write.js';

const data = process.env['TIDEMILL_DATA'] ?? './tidemill-data';
const file = path.join(data, 'sample-impressions.ndjson');
if (!existsSync(file)) {
  console.log(`Writing a sample of 200,000 impressions to ${file}`);
  mkdirSync(data, { recursive: true });
  writeFiles(traffic({ impressions: 200_000, days: 10, start: '2016-02-24', seed: 1, format: 'impressions' }), file);
}
const options = ['--data', data, '--dataset', 'sample'];
process.exitCode = await main(['run', file, ...options]);
if (process.exitCode === 0) {
  console.log('\nThe newest jobs');
  process.exitCode = await main(['jobs', '--limit', '13', ...options]);
  console.log(`
What to do next
  npm start -- run access.log                                your own log, into the dataset 'analytics'
  npm start -- locations ${options.join(' ')}     what each location holds
  npm start -- export l3_object --format csv ${options.join(' ')}
  npm start -- help`);
}
