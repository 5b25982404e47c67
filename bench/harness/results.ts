import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Bench, Report } from './bench.js';
import { root } from './places.js';
import { markdownTable } from './table.js';

/** Where, when and how a bench was run. */
export interface Circumstances {
  readonly machine: string;
  /** `yyyy-mm-dd` */
  readonly day: string;
  /** What to type to run it again. */
  readonly command: string;
}

const readme = fileURLToPath(new URL('bench/README.md', root));
const json = fileURLToPath(new URL('bench/results.json', root));

/** A report as the README has it. */
export function reportText({ workload, tables, findings = [] }: Report, { machine, day, command }: Circumstances): string {
  return [workload.join(' '), ...tables.map(markdownTable), ...findings, `${day}; ${machine}; \`${command}\``].join('\n\n');
}

/** Put a text between the markers of a bench. Throws where they are not there. */
export function withSection(text: string, name: string, section: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`bench/README.md lacks the markers ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n${section}\n${text.slice(to)}`;
}

/** JSON with lists of numbers on one line, as the project's formatter has it. */
export function formatJson(value: unknown): string {
  const round = (_: string, v: unknown): unknown => (typeof v === 'number' && !Number.isInteger(v) ? Number(v.toPrecision(4)) : v);
  return `${JSON.stringify(value, round, 2).replace(/\[\s+([-+.\deE,\s]+?)\s+\]/g, (_, list: string) => `[${list.replace(/\s+/g, ' ')}]`)}\n`;
}

/** Write what a bench found into bench/README.md and bench/results.json; what other benches found stays. */
export function writeResults(bench: Bench, report: Report, circumstances: Circumstances): void {
  const text = withSection(readFileSync(readme, 'utf8'), bench.name, reportText(report, circumstances));
  const results = existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as Record<string, unknown>) : {};
  const { workload, figures } = report;
  results[bench.name] = { question: bench.question, ...circumstances, workload: workload.join(' '), figures };
  writeFileSync(readme, text);
  writeFileSync(json, formatJson(results));
}
