/** Tell whoever waits: on standard error, so that standard output has the results only. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
