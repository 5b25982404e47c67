import type { Job } from '../../engine/index.js';
import type { Dataset } from '../dataset.js';
import type { CaptureStatus } from '../supervisor/messages.js';

/** A dataset at work: what the API shows and steers. Times are ms since the epoch. */
export interface Service {
  readonly dataset: Dataset;
  readonly startedAt: number;
  status(): ServiceStatus;
  readonly jobs: {
    /** Scheduled and running jobs, each in its newest state, with progress. */
    active(): readonly Job[];
  };
  /** Tasks of a running or recently ended job, in the order of their starts; none where nothing is known of it any more. */
  tasks(jobId: string): readonly TaskRecord[];
  /** Start no more jobs; those under way go on.. */
  pause(): void;
  resume(): void;
  cancel(jobId: string): Promise<'cancelled' | 'not_running' | 'unknown'>;
  /** Try a failed or cancelled job again. Errors: TM_ERR_JOB_UNKNOWN, TM_ERR_JOB_NOT_ENDED. */
  retry(jobId: string): Promise<Job>;
  /**
   * Run what has run, once more, though its output is current; what depends on it runs again as well.
   * Errors: TM_ERR_PROCESSOR_UNKNOWN, TM_ERR_PERIOD, TM_ERR_PACKAGE_UNKNOWN, TM_ERR_NOTHING_TO_RERUN.
   */
  rerun(what: RerunRequest): Promise<readonly Job[]>;
  /** Be told of every event, until the function that is returned is called. A listener must not throw. */
  on(listener: (event: ServiceEvent) => void): () => void;
  /** End what is under way (it is due again at the next start) and let go of store and database. */
  close(): Promise<void>;
}

/** Which jobs to run again: all of a processor, those of a period, or the one that reads or made a package. */
export interface RerunRequest {
  readonly processor: string;
  /** `2026-03-02`, `2026-W10` or `2026-03`. */
  readonly period?: string;
  /** Path of a package that the job reads or made. */
  readonly package?: string;
}

export interface TaskRecord {
  readonly label: string;
  /** 0 for the main thread. */
  readonly thread: number;
  readonly start: number;
  readonly end: number;
  /** The job's attempt that it belongs to. */
  readonly attempt: number;
  readonly error?: ErrorNote;
}

export interface ErrorNote {
  readonly code: string;
  readonly message: string;
}

export interface SchedulerStatus {
  readonly state: 'running' | 'paused' | 'failed';
  /** Units of work: to start now, waiting (for their period's end, or a job before them, or a retry), under way. */
  readonly ready: number;
  readonly waiting: number;
  readonly running: number;
  readonly error?: ErrorNote;
}

export interface SourceStatus {
  readonly name: string;
  readonly path: string;
  readonly cron: string;
  readonly lastRunAt?: number;
  readonly nextRunAt?: number;
  readonly lastError?: ErrorNote;
  /** Since the service began: files that had something new, and lines read of them. */
  readonly files: number;
  readonly lines: number;
}

export interface AgentStatus {
  readonly state: 'idle' | 'working' | 'failed';
  /** Since the service began. */
  readonly packagesMoved: number;
  readonly linesMoved: number;
  /** Closed packages of the spool that are not moved yet. */
  readonly waiting: number;
  readonly lastMovedAt?: number;
  readonly error?: ErrorNote;
  readonly sources: readonly SourceStatus[];
}

export interface DatabaseStatus {
  readonly kind: 'duckdb' | 'postgres';
  readonly state: 'ok' | 'failed';
  readonly lastInjectionAt?: number;
  readonly error?: ErrorNote;
}

/** What retention did and could not do yet, by location. */
export interface RetentionStatus {
  readonly location: string;
  readonly keepMs: number;
  /** Packages purged since the service began. */
  readonly purged: number;
  /** Packages that are old enough, but needed still. */
  readonly held: number;
  /** Why the first of them is. */
  readonly reason?: string;
}

export interface ServiceStatus {
  readonly scheduler: SchedulerStatus;
  /** Null before the first message of the capture process. */
  readonly capture: CaptureStatus | null;
  readonly agent: AgentStatus;
  readonly database: DatabaseStatus;
  readonly retention: readonly RetentionStatus[];
  readonly workers: number;
}

export type ServiceEvent =
  | { readonly kind: 'job'; readonly job: Job }
  | { readonly kind: 'package'; readonly change: 'created' | 'removed'; readonly path: string; readonly location: string }
  | { readonly kind: 'capture'; readonly status: CaptureStatus }
  | { readonly kind: 'agent'; readonly status: AgentStatus }
  | { readonly kind: 'scheduler'; readonly status: SchedulerStatus };
