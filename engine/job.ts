import type { Period } from './period.js';

export type JobState = 'scheduled' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** One run of one processor: the record that is stored, and what the job API shows. Times are ms since the epoch. */
export interface Job {
  /** `job_<ms of the store's creation>_<number>`, unique in the dataset, growing. */
  readonly id: string;
  readonly processor: string;
  readonly period: Period;
  /** Paths of the packages it reads, in order. */
  readonly inputs: readonly string[];
  /** Path of the package it makes. */
  readonly output: string;
  readonly state: JobState;
  /** How often it was started; a result of an older attempt is refused. */
  readonly attempt: number;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** Tasks done and known so far. */
  readonly progress: { readonly done: number; readonly total: number };
  /** Records in and out, tasks and their retries, shards halved, records quarantined. */
  readonly counters: Readonly<Record<string, number>>;
  readonly error?: { readonly code: string; readonly message: string };
}
