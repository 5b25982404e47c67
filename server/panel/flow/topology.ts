import type { LocationSummary, ProcessorSummary } from '../api/types.js';

/** A location with the processor that fills it, and what reads it. */
export interface Step {
  readonly processor?: ProcessorSummary;
  readonly location: LocationSummary;
  readonly next: readonly Step[];
}

/**
 * The flow as a forest: its roots are the locations that no processor writes to, which the agent fills. A location has one
 * producer and a processor one input, and the API's order is kept: the built-in first, then custom ones. Pure.
 */
export function forestOf(locations: readonly LocationSummary[], processors: readonly ProcessorSummary[]): Step[] {
  const byName = new Map(locations.map((l) => [l.name, l]));
  const produced = new Set(processors.map((p) => p.output));
  const step = (location: LocationSummary, above: ReadonlySet<string>, processor?: ProcessorSummary): Step => {
    const seen = new Set([...above, location.name]);
    const next = processors.flatMap((p) => {
      const output = p.input === location.name && !seen.has(p.output) ? byName.get(p.output) : undefined;
      return output === undefined ? [] : [step(output, seen, p)];
    });
    return { location, next, ...(processor === undefined ? {} : { processor }) };
  };
  return locations.filter((l) => !produced.has(l.name)).map((l) => step(l, new Set()));
}

/** Every step, parents before children, each with how often the flow has branched above it. */
export function* stepsOf(forest: readonly Step[], branch = 0): Generator<{ readonly step: Step; readonly branch: number }> {
  for (const step of forest) {
    yield { step, branch };
    for (const [i, child] of step.next.entries()) yield* stepsOf([child], i === 0 ? branch : branch + 1);
  }
}
