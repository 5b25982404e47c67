/**
 * Run a compiled module as the main program, and tell in the end what the process took, as JSON on file descriptor 3:
 *
 *   node dist/bench/child.js MODULE ARGS… 3>usage.json
 */
import { readFileSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Usage } from './harness/child.js';

/**
 * The peak of this process alone. resourceUsage().maxRSS is not on Linux: a process begins with the peak of the one that
 * forked it, here the bench itself.
 */
function peakBytes(): number {
  if (process.platform === 'linux') {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (peak !== undefined) return Number(peak) * 1024;
  }
  return process.resourceUsage().maxRSS * 1024;
}

process.once('exit', () => {
  const { user, system } = process.cpuUsage();
  const usage: Usage = { peakBytes: peakBytes(), cpuMs: (user + system) / 1000 };
  writeSync(3, JSON.stringify(usage));
});

const [module = '', ...args] = process.argv.slice(2);
process.argv.splice(1, Infinity, module, ...args);
await import(pathToFileURL(module).href);
