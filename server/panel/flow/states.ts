import type { AgentStatus, CaptureStatus, DatabaseStatus, LocationSummary, ProcessorSummary, SchedulerStatus } from '../api/types.js';
import { formatCompact, formatShare } from '../format/number.js';

/** The eight ways a thing can look: each has a colour and a mark of its own shape, and comes with a word. */
export type Tone = 'ok' | 'run' | 'wait' | 'bad' | 'warn' | 'idle' | 'pause' | 'off';

/** `state` is what the API says, `word` what people read. */
export interface Look {
  readonly tone: Tone;
  readonly state: string;
  readonly word: string;
}

const look = (tone: Tone, state: string, word: string): Look => ({ tone, state, word });

const JOBS: Readonly<Record<string, Tone>> = { scheduled: 'wait', running: 'run', succeeded: 'ok', failed: 'bad', cancelled: 'off' };

/** Jobs, days and packages: any state that the API may tell of, also one that is not known here. */
export function lookOf(state: string): Look {
  const others: Readonly<Record<string, Tone>> = { complete: 'ok', processing: 'run', waiting: 'wait', idle: 'idle' };
  return look(JOBS[state] ?? others[state] ?? 'idle', state, state);
}

export function lookOfProcessor(p: ProcessorSummary): Look {
  const { running, waiting, failed, lastJob } = p;
  switch (p.state) {
    case 'running': {
      const { done, total } = lastJob?.state === 'running' ? lastJob.progress : { done: 0, total: 0 };
      const jobs = running > 1 ? `${running} jobs` : 'running';
      return look('run', p.state, total > 0 && running <= 1 ? `${jobs}, ${formatShare(done, total)}` : jobs);
    }
    case 'waiting':
      return look('wait', p.state, `${formatCompact(waiting)} waiting`);
    case 'failed':
      return look('bad', p.state, failed > 1 ? `${formatCompact(failed)} failed` : 'failed');
    case 'idle':
      return lastJob === undefined && p.succeeded === 0 ? look('idle', p.state, 'not run yet') : look('ok', p.state, 'up to date');
    default:
      return lookOf(p.state);
  }
}

/** What is in a location, and whether the processor that fills it does. Raw locations are filled by the agent. */
export function lookOfLocation(l: LocationSummary, producer: ProcessorSummary | undefined, agent: AgentStatus): Look {
  if (producer?.state === 'failed') return look('warn', 'behind', 'behind');
  if (producer === undefined ? agent.state === 'working' : producer.state === 'running') return look('run', 'filling', 'being filled');
  if (l.packages === 0) return look('idle', 'empty', 'empty');
  return look('ok', 'complete', 'complete');
}

export function lookOfSensor(c: CaptureStatus | null): Look {
  if (c === null) return look('idle', 'unknown', 'not heard of yet');
  const tones = { OK: 'ok', WARNING: 'warn', CRITICAL: 'bad', DOWN: 'bad' } as const;
  const words = { OK: 'OK', WARNING: 'WARNING: queue fills', CRITICAL: 'CRITICAL: refusing', DOWN: 'DOWN' } as const;
  return look(tones[c.state], c.state, words[c.state]);
}

export function lookOfAgent(a: AgentStatus): Look {
  if (a.state === 'failed') return look('bad', a.state, 'failed');
  if (a.state === 'working') return look('run', a.state, a.waiting > 0 ? `${formatCompact(a.waiting)} to move` : 'working');
  if (a.sources.some((s) => s.lastError !== undefined)) return look('warn', a.state, 'a source failed');
  return look('ok', a.state, 'idle');
}

export function lookOfDatabase(d: DatabaseStatus): Look {
  return d.state === 'ok' ? look('ok', d.state, 'ok') : look('bad', d.state, 'failed');
}

export function lookOfScheduler(s: SchedulerStatus): Look {
  if (s.state === 'paused') return look('pause', s.state, 'paused');
  return s.state === 'failed' ? look('bad', s.state, 'failed') : look('ok', s.state, 'running');
}
