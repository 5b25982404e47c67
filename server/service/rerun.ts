import {
  formatPeriod,
  parseDay,
  periodOf,
  unitKey,
  type Coordinator,
  type Job,
  type Period,
  type Topology,
  type Unit,
} from '../../engine/index.js';
import { fail } from '../errors.js';
import { isWithin } from '../within.js';
import type { RerunRequest } from './contract.js';

/** The period of `2026-03-02`, `2026-W10` or `2026-03`. Errors: TM_ERR_PERIOD. */
export function parsePeriod(text: string): Period {
  const [, year, week] = /^(\d{4})-W(\d\d)$/.exec(text) ?? [];
  const period =
    year !== undefined
      ? { granularity: 'week' as const, first: periodOf('week', parseDay(`${year}-01-04`)).first + 7 * (Number(week) - 1) }
      : /^\d{4}-\d\d$/.test(text)
        ? { granularity: 'month' as const, first: parseDay(`${text}-01`) }
        : { granularity: 'day' as const, first: parseDay(text) };
  if (!Number.isFinite(period.first) || formatPeriod(period) !== text)
    throw fail('TM_ERR_PERIOD', `'${text}' is not a day, an ISO week or a month`);
  return period;
}

/**
 * The units that a request to run again is for. Errors: TM_ERR_PROCESSOR_UNKNOWN, TM_ERR_PERIOD, TM_ERR_PACKAGE_UNKNOWN,
 * TM_ERR_NOTHING_TO_RERUN, TM_ERR_JOB_NOT_ENDED where they all run.
 */
export function unitsFor(coordinator: Coordinator, topology: Topology, request: RerunRequest): Unit[] {
  const { processor: name, period: text, package: given } = request;
  const processor = topology.processors.get(name);
  if (processor === undefined) throw fail('TM_ERR_PROCESSOR_UNKNOWN', `there is no processor '${name}'`);
  const period = text === undefined ? undefined : parsePeriod(text);
  const at = given === undefined || given.startsWith('/') ? given : `/${given}`;
  const isThere = (location: string): boolean => coordinator.packages(location).some((p) => p.path === at);
  if (at !== undefined && !isThere(processor.input) && !isThere(processor.output))
    throw fail('TM_ERR_PACKAGE_UNKNOWN', `there is no package ${at} in ${processor.input} or ${processor.output}`);
  const units = coordinator.agenda
    .units(name)
    .filter(
      (unit) =>
        (at === undefined || unit.inputs.includes(at) || unit.supersedes.includes(at)) &&
        (period === undefined || isWithin(unit.period, period) || isWithin(period, unit.period)),
    );
  return runnable(coordinator, units, `${name} has no package${text === undefined ? '' : ` of ${text}`} to read`);
}

/** The unit of a job that has ended. Errors: TM_ERR_NOTHING_TO_RERUN, TM_ERR_JOB_NOT_ENDED. */
export function unitOf(coordinator: Coordinator, topology: Topology, job: Job): Unit[] {
  const processor = topology.processors.get(job.processor);
  const unit = processor && coordinator.agenda.unit(processor.name, unitKey(processor, job.period, job.inputs));
  return runnable(coordinator, unit === undefined ? [] : [unit], `what ${job.id} read is not there any more`);
}

function runnable(coordinator: Coordinator, units: readonly Unit[], otherwise: string): Unit[] {
  const [purged] = units.flatMap((unit) => unit.purged ?? []);
  const whole = units.filter((unit) => unit.purged === undefined);
  if (whole.length === 0)
    throw fail('TM_ERR_NOTHING_TO_RERUN', purged === undefined ? otherwise : `the beans of ${purged} were purged (retention)`);
  const free = whole.filter((unit) => !coordinator.isRunning(unit));
  if (free.length === 0) throw fail('TM_ERR_JOB_NOT_ENDED', 'it runs now');
  return free;
}
