#!/usr/bin/env node
/** Runs the benches: `npm run bench -- --help`. Exit code 0 done, 1 a bench failed, 2 wrong use. */
import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { api } from './api.js';
import { codec } from './codec.js';
import { days } from './days.js';
import { growth } from './growth.js';
import type { Bench } from './harness/bench.js';
import { dropInputs } from './harness/inputs.js';
import { machineLine } from './harness/machine.js';
import { HELP, readOptions, WrongUse, type Options } from './harness/options.js';
import { scratchFolder } from './harness/places.js';
import { reportText, writeResults } from './harness/results.js';
import { say } from './harness/say.js';
import { duration } from './harness/stats.js';
import { history } from './history.js';
import { injection } from './injection.js';
import { late } from './late.js';
import { logs } from './logs.js';
import { pieces } from './pieces.js';
import { pipeline } from './pipeline.js';
import { scaling } from './scaling.js';
import { scan } from './scan.js';
import { sensor } from './sensor.js';
import { shuffle } from './shuffle.js';
import { startup } from './startup.js';
import { store } from './store.js';
import { sums } from './sums.js';

const BENCHES: readonly Bench[] = [
  pipeline,
  logs,
  days,
  late,
  pieces,
  history,
  scaling,
  growth,
  scan,
  store,
  codec,
  shuffle,
  sums,
  injection,
  startup,
  sensor,
  api,
];

/** Run one after the other; answers the names of those that failed. */
async function runAll(benches: readonly Bench[], options: Options, command: string): Promise<string[]> {
  const { smoke } = options;
  const circumstances = { machine: machineLine(), day: new Date().toISOString().slice(0, 10), command };
  console.log(`${circumstances.machine}\n`);
  const all = scratchFolder();
  const failed: string[] = [];
  for (const bench of benches) {
    const scratch = path.join(all, bench.name);
    mkdirSync(scratch);
    say(bench.name);
    const start = performance.now();
    try {
      const report = await bench.run({ ...options, warmUps: smoke ? 0 : 1, cores: availableParallelism(), scratch });
      console.log(`## ${bench.name}\n\n${bench.question}\n\n${reportText(report, circumstances)}\n`);
      if (!smoke) writeResults(bench, report, circumstances);
    } catch (error) {
      failed.push(bench.name);
      say(`${bench.name} FAILED: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
    rmSync(scratch, { recursive: true, force: true });
    say(`${bench.name}: ${duration(performance.now() - start)} in all`);
  }
  return failed;
}

/** What to type to run the same again; of a path its last part: folders are nobody's business. */
function commandOf(args: readonly string[]): string {
  const shown = args.map((arg) => arg.replace(/^((?:--(?:log|against)=)?).*[/\\]/, '$1'));
  return ['npm run bench', ...(shown.length === 0 ? [] : ['--', ...shown])].join(' ');
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(
      args,
      BENCHES.map((b) => b.name),
    );
    if (options.instead === 'help') console.log(HELP.trimEnd());
    else if (options.instead === 'list') for (const { name, question } of BENCHES) console.log(`${name.padEnd(10)} ${question}`);
    else if (options.instead === 'clear') dropInputs();
    else {
      const chosen = BENCHES.filter((b) => options.only?.includes(b.name) ?? true);
      const failed = await runAll(chosen, options, commandOf(args));
      if (failed.length > 0) say(`failed: ${failed.join(', ')}`);
      else if (options.smoke) console.log('This was a smoke test: every bench works and its results are equal; the figures mean nothing.');
      return failed.length > 0 ? 1 : 0;
    }
    return 0;
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error;
    say(`${error.message}\n'--help' tells the options.`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
