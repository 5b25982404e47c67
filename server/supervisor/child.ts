import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log.js';
import { BackOff } from './back-off.js';
import { ALIVE_MS, type ChildMessage, type ChildOptions, type SupervisorMessage } from './messages.js';

/** Why a child ended, as it said itself. */
export type Failure = Extract<ChildMessage, { kind: 'failed' }>;

/** Beats that a child may miss, one after the other, before it is killed: its event loop does not turn, so that it hears nothing. */
const BEATS = 30;
/** Errors that may be those of a full disk: when it has room, the child is to be there soon. */
const OF_DISK: ReadonlySet<string | undefined> = new Set(['TM_ERR_DISK_FULL', 'TM_ERR_SPOOL']);
const OF_DISK_MS = 3000;

export interface ChildSpecification {
  readonly name: string;
  /** Path of its module. */
  readonly entry: string;
  readonly options: ChildOptions;
  /** For Node, beside those of this process. */
  readonly nodeOptions: readonly string[];
  /** Variables, where this process has none of that name. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Log;
  /** Default 30. */
  readonly beats?: number;
  readonly onReady: (port: number) => void;
  readonly onMessage: (message: Extract<ChildMessage, { kind: 'capture' | 'closed' }>) => void;
  /**
   * The process ended. Answer true to give it up, false to have it started again. `failure`: what it said of it itself, if
   * anything; `wasReady`: whether it was ready once, in this life or an earlier one.
   */
  readonly onDown: (reason: string, failure: Failure | undefined, wasReady: boolean) => boolean;
}

/** A child process that is started again whenever it ends, until it is told to stop. */
export class Child {
  readonly #specification: ChildSpecification;
  readonly #backOff = new BackOff();
  readonly #stopping = new AbortController();
  #process: ChildProcess | undefined;
  /** What it bound first; those after it get the same. */
  #port: number;
  #wasReady = false;

  constructor(specification: ChildSpecification) {
    this.#specification = specification;
    this.#port = specification.options.port;
  }

  /** Live until `stop`, or until `onDown` gives up. */
  async live(): Promise<void> {
    const { name, log, onDown } = this.#specification;
    while (!this.#stopping.signal.aborted) {
      const started = performance.now();
      const { reason, failure } = await this.#once();
      if (this.#stopping.signal.aborted) break;
      if (onDown(reason, failure, this.#wasReady)) return;
      const wait = this.#backOff.next(performance.now() - started, OF_DISK.has(failure?.code) ? OF_DISK_MS : undefined);
      log.warn(`the ${name} process ended and is started again`, { reason, waitMs: wait, ...(failure && { failure }) });
      await delay(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  send(message: SupervisorMessage): void {
    const child = this.#process;
    // It may have ended without our knowing yet.
    if (child?.connected === true) child.send(message, undefined, undefined, () => undefined);
  }

  /** Let it finish what it is at; after `patienceMs` it is killed. `live` then resolves. */
  stop(patienceMs: number): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.send({ kind: 'stop' });
    const child = this.#process;
    const kill = setTimeout(() => {
      this.#specification.log.warn(`the ${this.#specification.name} process did not end in time and is killed`);
      child?.kill('SIGKILL');
    }, patienceMs);
    if (child === undefined) clearTimeout(kill);
    else child.once('exit', () => clearTimeout(kill));
  }

  /** One life, from start to end. */
  #once(): Promise<{ readonly reason: string; readonly failure: Failure | undefined }> {
    const { entry, options, nodeOptions, environment, onReady, onMessage, name, log, beats = BEATS } = this.#specification;
    return new Promise((resolve) => {
      const child = fork(entry, [JSON.stringify({ ...options, port: this.#port })], {
        execArgv: [...process.execArgv, ...nodeOptions],
        env: { ...environment, ...process.env },
        stdio: ['ignore', 2, 2, 'ipc'],
      });
      this.#process = child;
      let failure: Failure | undefined;
      let missed = 0;
      let watch: NodeJS.Timeout | undefined;
      // Beats are counted, not time: while this process itself does not run, none is missed.
      const onBeat = (): void => {
        if (++missed <= beats) return;
        log.error(`the ${name} process does not answer and is killed`, { pid: child.pid });
        child.kill('SIGKILL');
      };
      child.on('message', (message: ChildMessage) => {
        missed = 0;
        if (message.kind === 'ready') {
          watch = setInterval(onBeat, ALIVE_MS);
          this.#port = message.port;
          this.#wasReady = true;
          log.info(`the ${name} process is ready`, { port: message.port, pid: child.pid });
          onReady(message.port);
        } else if (message.kind === 'failed') failure = message;
        else if (message.kind === 'capture' || message.kind === 'closed') onMessage(message);
      });
      const end = (reason: string): void => {
        clearInterval(watch);
        this.#process = undefined;
        resolve({ reason, failure });
      };
      child.on('error', (error) => {
        // Of a process that runs, it tells that a message or a signal could not be sent; that may come more than once.
        if (child.pid === undefined) end(`it could not be started: ${error.message}`);
      });
      child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
  }
}
