import type { Table } from './table.js';

/** How a bench is run. */
export interface Setting {
  /** Everything tiny: does it work, are results equal? Its figures mean nothing. */
  readonly smoke: boolean;
  /** Measured rounds, and those before that are not. */
  readonly rounds: number;
  readonly warmUps: number;
  /** Impressions of the benches of the whole pipeline. */
  readonly impressions: number;
  /** The greatest number of impressions of the bench of growth. */
  readonly most: number;
  /** Lines of the benches of logs, and a log to repeat for them in place of a generated one. */
  readonly lines: number;
  readonly log: string | undefined;
  /** Numbers of days of the benches of many days, and the lines of each day. */
  readonly days: readonly number[];
  readonly each: number;
  /** Impressions of the day that is cut, and the numbers of its pieces. */
  readonly cut: number;
  readonly pieces: readonly number[];
  /** The folder of a built clone of an earlier commit. */
  readonly against: string | undefined;
  readonly cores: number;
  /** An empty folder, dropped after the bench. */
  readonly scratch: string;
}

/** What a bench found out. */
export interface Report {
  /** One sentence for each thing that a reader must know of input and method. */
  readonly workload: readonly string[];
  readonly tables: readonly Table[];
  /** What the figures say, in sentences. */
  readonly findings?: readonly string[];
  /** All that was measured, for programs: JSON. */
  readonly figures: unknown;
}

/** One question, and how it is answered. A bench throws where contestants do not come to the same results. */
export interface Bench {
  readonly name: string;
  readonly question: string;
  run(setting: Setting): Promise<Report>;
}
