import type { LocationSummary, ProcessorSummary } from '../api/types.js';
import { forestOf, type Step } from './topology.js';

/** A rectangle in the chart's own units, which are CSS pixels at its natural width. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Placed =
  | ({ readonly kind: 'sensor' | 'agent' | 'database' } & Box)
  | ({ readonly kind: 'location'; readonly location: LocationSummary; readonly producer?: ProcessorSummary } & Box)
  | ({ readonly kind: 'processor'; readonly processor: ProcessorSummary } & Box);

/** A pipe from one node to another; `processor` names the processor that draws through it, if one does. */
export interface Pipe {
  readonly d: string;
  readonly processor?: string;
}

export interface Chart {
  readonly width: number;
  readonly height: number;
  /** In reading order: with the flow, branch by branch. */
  readonly nodes: readonly Placed[];
  readonly pipes: readonly Pipe[];
  /** Room for the legend: the corner below sensor, agent and raw locations; none where there is too little. */
  readonly legend?: Box;
}

const COLUMN = 144;
const GAP = 28;
const PROCESSOR = 40;
const SHAFT = 11;
const LOCATION = 42;
const BETWEEN = 16;
const ROW = PROCESSOR + SHAFT + LOCATION + BETWEEN;
const AGENT = 76;
const LEGEND = 92;
const DATABASE = 92;
const MARGIN = 2;

/**
 * Where everything lies. A column is a processor above the location that it fills; the next column reads that location. A row
 * is one chain; the first child stays in its parent's row and the others branch off below it, so that no pipes cross. The
 * sensor and the agent stand before the raw locations, the database at the far end, where every injection leads. Pure.
 *
 *   sensor        oirawdata ─┬─ OIProcessor ─┬─ OIInjection ───────────────────┐
 *     │          │           │  ↓            │   ↓                             database
 *   agent ───────┴sesrawdata     oiprocessed     oiinjected                    ┘
 */
export function layOut(locations: readonly LocationSummary[], processors: readonly ProcessorSummary[]): Chart {
  const nodes: Placed[] = [];
  const pipes: Pipe[] = [];
  const injections: Box[] = [];
  let rows = 0;
  let columns = 1;
  const left = (column: number): number => MARGIN + column * (COLUMN + GAP);
  const top = (row: number): number => MARGIN + row * ROW;

  const place = ({ processor, location, next }: Step, column: number): Box => {
    columns = Math.max(columns, column + 1);
    const x = left(column);
    const y = top(rows);
    const box: Box = { x, y: y + PROCESSOR + SHAFT, width: COLUMN, height: LOCATION };
    if (processor !== undefined) {
      const above: Box = { x, y, width: COLUMN, height: PROCESSOR };
      nodes.push({ kind: 'processor', processor, ...above });
      pipes.push({ d: `M${x + COLUMN / 2} ${y + PROCESSOR}V${box.y}`, processor: processor.name });
      if (processor.kind === 'inject') injections.push(above);
    }
    nodes.push({ kind: 'location', location, ...(processor === undefined ? {} : { producer: processor }), ...box });
    for (const [i, child] of next.entries()) {
      if (i > 0) rows++;
      const row = rows;
      place(child, column + 1);
      const into: Box = { x: left(column + 1), y: top(row), width: COLUMN, height: PROCESSOR };
      pipes.push({ d: elbow(box, into), ...(child.processor === undefined ? {} : { processor: child.processor.name }) });
    }
    return box;
  };

  const sensor: Box = { x: left(0), y: top(0), width: COLUMN, height: PROCESSOR + SHAFT + LOCATION };
  const agent: Box = { x: left(0), y: top(1) + ROW - BETWEEN - AGENT, width: COLUMN, height: AGENT };
  nodes.push({ kind: 'sensor', ...sensor }, { kind: 'agent', ...agent });
  pipes.push({ d: `M${sensor.x + COLUMN / 2} ${sensor.y + sensor.height}V${agent.y}` });
  for (const root of forestOf(locations, processors)) {
    pipes.push({ d: elbow(agent, place(root, 1)) });
    rows++;
  }
  const height = Math.max(top(rows) - BETWEEN, agent.y + agent.height) + MARGIN;
  const database: Box = { x: left(columns), y: top(0), width: DATABASE, height: height - 2 * MARGIN };
  nodes.push({ kind: 'database', ...database });
  for (const { x, y, width, height: h } of injections) pipes.push({ d: `M${x + width} ${y + h / 2}H${database.x}` });
  const occupied = Math.max(...nodes.filter((n) => n.x < left(2) && n.kind !== 'database').map((n) => n.y + n.height));
  const room = height - MARGIN - occupied - BETWEEN;
  const legend: Box = { x: left(0), y: height - MARGIN - LEGEND, width: 2 * COLUMN + GAP, height: LEGEND };
  return { ...(room < LEGEND ? {} : { legend }), width: database.x + DATABASE + MARGIN, height, nodes, pipes };
}

/** From the right side of one box to the left side of another: across, along the gap before the other, across. */
function elbow(from: Box, to: Box): string {
  const y0 = from.y + from.height / 2;
  const y1 = to.y + to.height / 2;
  const x0 = from.x + from.width;
  if (Math.abs(y1 - y0) < 1) return `M${x0} ${y0}H${to.x}`;
  const turn = to.x - GAP / 2;
  const radius = Math.min(9, Math.abs(y1 - y0) / 2, GAP / 2);
  const down = Math.sign(y1 - y0);
  return (
    `M${x0} ${y0}H${turn - radius}Q${turn} ${y0} ${turn} ${y0 + down * radius}` +
    `V${y1 - down * radius}Q${turn} ${y1} ${turn + radius} ${y1}H${to.x}`
  );
}
