import type { AggregateType, Delivery } from '../../engine/index.js';

/** What the coordinator's thread and the writer's thread tell each other: plain data. */
export interface WriterStart {
  readonly database: string;
  readonly types: readonly AggregateType[];
}

export interface WriterRequest {
  readonly id: number;
  readonly delivery: Delivery;
}

export interface WriterAnswer {
  /** Of the request; 0 for the start. */
  readonly id: number;
  readonly report?: unknown;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly retryable: boolean;
    readonly exitCode: 1 | 2;
    readonly data: Readonly<Record<string, unknown>>;
  };
}
