import type { AggregateType, Delivery } from '../../engine/index.js';
import type { RowFilter } from '../database/database.js';

/** What the coordinator's thread and the writer's thread tell each other: plain data. */
export interface WriterStart {
  readonly database: string;
  /** Bytes that it may hold. */
  readonly memory: number;
  readonly types: readonly AggregateType[];
}

/** The report of the start: the packages in the database's ledger. */
export type WriterStarted = readonly string[];

export interface DeliveryRequest {
  readonly id: number;
  readonly delivery: Delivery;
}

/** The rows of a table with the greatest sums. */
export interface Top {
  readonly table: string;
  /** The sum. */
  readonly by: string;
  readonly n: number;
  readonly filter: RowFilter;
}

export type WriterRequest = DeliveryRequest | { readonly id: number; readonly top: Top };

export interface WriterAnswer {
  /** Of the request; 0 for the start. */
  readonly id: number;
  readonly report?: unknown;
  /** When an injection, or the start, began and ended: in ms since the epoch, not counting its wait for those before it. */
  readonly time?: readonly [start: number, end: number];
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly retryable: boolean;
    readonly exitCode: 1 | 2;
    readonly data: Readonly<Record<string, unknown>>;
  };
}
