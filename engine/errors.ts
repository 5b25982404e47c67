/** What a registry says of one error code: what it means and what to do about it. */
export interface ErrorSpec {
  readonly summary: string;
  /** Whether the same work may succeed when it is tried again. */
  readonly retryable?: boolean;
  /** Exit code of a command that ends with it: 1 the work failed (default), 2 wrong use. */
  readonly exitCode?: 1 | 2;
}

export interface ErrorOptions {
  readonly cause?: unknown;
  /** Plain data about the failure (paths, counts); it survives a thread boundary. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** An error with a code of the registry. Branch on `code`, never on the message. */
export class TidemillError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly exitCode: 1 | 2;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: string, spec: ErrorSpec, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TidemillError';
    this.code = code;
    this.retryable = spec.retryable ?? false;
    this.exitCode = spec.exitCode ?? 1;
    this.data = options.data ?? {};
  }
}

/** A factory of errors that knows only the codes of `registry`. */
export function errorFactory<R extends Readonly<Record<string, ErrorSpec>>>(registry: R) {
  return (code: keyof R & string, message: string, options?: ErrorOptions): TidemillError =>
    new TidemillError(code, registry[code] as ErrorSpec, message, options);
}

export const engineErrors = {
  TM_ERR_BLOCK_CORRUPT: {
    summary:
      'A stored block does not match its checksum or cannot be read. Restore the file. What a job made is made again by `POST /api/v1/jobs`; where raw data is lost, import its sources into another dataset.',
  },
  TM_ERR_BLOCK_VERSION: {
    summary: 'A block was written by another version of Tidemill.',
  },
  TM_ERR_BEAN_INVALID: {
    summary: 'A bean does not have the fields of its type.',
  },
  TM_ERR_DECLARATION: {
    summary: 'A bean type, location or processor is declared wrongly.',
    exitCode: 2,
  },
  TM_ERR_STORE_LOCKED: {
    summary: 'Another Tidemill process works on this dataset. Wait for it, or stop it.',
  },
  TM_ERR_STORE_UNREADABLE: {
    summary:
      'The store cannot be opened or read. Check the path, its permissions and the disk. Where its data file is lost or damaged, `tidemill repair` makes it again from the parts.',
  },
  TM_ERR_STORE_INCOMPLETE: {
    summary:
      'The store has lost records that it had: a part of its data file, or packages whose parts are still there. Nothing was changed. Run `tidemill repair`, which makes them again from the parts.',
  },
  TM_ERR_STORE_VERSION: {
    summary: 'The store was written by another version of Tidemill. Use that version, or import the sources into a new one.',
  },
  TM_ERR_STORE_CORRUPT: {
    summary:
      'A record of the store does not match its checksum. Run `tidemill repair`, which makes it again from the parts, or restore the store from a backup.',
  },
  TM_ERR_DISK_FULL: {
    summary:
      'The disk is full, or a quota is used up. Free space and run the same command again (`serve` goes on by itself); nothing was half done.',
  },
  TM_ERR_IO: {
    summary: 'A file of the store cannot be read or written. Check the disk, permissions, and how many files may be open.',
    retryable: true,
  },
  TM_ERR_PACKAGE_UNKNOWN: {
    summary: 'There is no work package at that path.',
    exitCode: 2,
  },
  TM_ERR_TASK_FAILED: {
    summary:
      'A task threw. The cause is the processor or the data. Records that were set aside are told in the report of the output of their job.',
    retryable: true,
  },
  TM_ERR_TASK_BAD_BATCH: {
    summary:
      'A function of a processor returned a batch that is not well-formed: the message names its column, the row and what is wrong. Mend the processor and run its job again; nothing was counted.',
  },
  TM_ERR_TASK_TIMEOUT: {
    summary: 'A task did not finish by its deadline and was ended.',
    retryable: true,
  },
  TM_ERR_WORKER_LOST: {
    summary: 'A worker thread exited or ran out of memory while it worked on a task.',
    retryable: true,
  },
  TM_ERR_JOB_CANCELLED: {
    summary: 'The job was cancelled.',
  },
  TM_ERR_ZONE: {
    summary: 'The time zone is not one that this machine knows. Give an IANA name such as Europe/Berlin.',
    exitCode: 2,
  },
} as const satisfies Record<string, ErrorSpec>;

export const fail = errorFactory(engineErrors);
