#!/usr/bin/env node
import { main } from './cli/program.js';

/** What nobody writes to, such as a named pipe, cannot be left while it is read, not even by `process.exit`: ms until this is not waited for. */
const PATIENCE = 500;

process.exitCode = await main(process.argv.slice(2));
if (process.exitCode === 130) setTimeout(() => process.kill(process.pid, 'SIGINT'), PATIENCE).unref();
