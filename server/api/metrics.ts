import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { JOB_STATES } from './overview/job-table.js';
import type { FastifyInstance } from 'fastify';
import type { ApiParts } from './parts.js';

/** What Prometheus is told. What the service counts is read when it is asked for; only requests are counted as they come. */
export function metricsOf({ service, overview, hub }: Pick<ApiParts, 'service' | 'overview' | 'hub'>, app: FastifyInstance): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: (set: (value: number) => void) => void): void => {
    const g: Gauge = new Gauge({ name, help, registers, collect: () => read((value) => g.set(value)) });
  };
  const labelled = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    read: (set: (labels: Record<L, string>, value: number) => void) => void,
  ): void => {
    const g: Gauge<L> = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers,
      collect() {
        g.reset();
        read((labels, value) => g.set(labels, value));
      },
    });
  };
  /** A counter that another process counts, and that begins again with it. */
  const counter = (name: string, help: string, read: () => number): void => {
    const c: Counter = new Counter({
      name,
      help,
      registers,
      collect() {
        c.reset();
        c.inc(read());
      },
    });
  };
  const { locations, processors } = service.dataset.topology;

  labelled('tidemill_jobs', 'Jobs by processor and state', ['processor', 'state'], (set) => {
    for (const processor of processors.keys()) {
      const counts = overview.jobs.countsOf(processor);
      for (const state of JOB_STATES) set({ processor, state }, counts[state]);
    }
  });
  labelled('tidemill_packages', 'Work packages by location', ['location'], (set) => {
    for (const location of locations.keys()) set({ location }, overview.packages.of(location).packages);
  });
  labelled('tidemill_records', 'Beans by location', ['location'], (set) => {
    for (const location of locations.keys()) set({ location }, overview.packages.of(location).records);
  });
  labelled('tidemill_package_bytes', 'Bytes of the parts of work packages by location', ['location'], (set) => {
    for (const location of locations.keys()) set({ location }, overview.packages.of(location).bytes);
  });
  labelled('tidemill_rejected_lines', 'Rejected lines that are kept, by reason', ['reason'], (set) => {
    for (const [reason, n] of Object.entries(overview.packages.rejectedByReason())) set({ reason }, n);
  });
  labelled('tidemill_units', 'Units of work of the scheduler', ['state'], (set) => {
    const { ready, waiting, running } = service.status().scheduler;
    for (const [state, n] of Object.entries({ ready, waiting, running })) set({ state }, n);
  });
  labelled('tidemill_up', '1 where a component works, 0 where it has failed', ['component'], (set) => {
    const { scheduler, database, agent, capture } = service.status();
    set({ component: 'scheduler' }, scheduler.state === 'failed' ? 0 : 1);
    set({ component: 'database' }, database.state === 'failed' ? 0 : 1);
    set({ component: 'agent' }, agent.state === 'failed' ? 0 : 1);
    set({ component: 'capture' }, capture === null || capture.state === 'DOWN' ? 0 : 1);
  });
  gauge('tidemill_workers', 'Worker threads', (set) => set(service.status().workers));
  gauge('tidemill_event_streams', 'Open streams of events', (set) => set(hub.listeners));
  gauge('tidemill_spool_packages', 'Closed packages of the spool that wait for the agent', (set) => set(service.status().agent.waiting));
  gauge('tidemill_sensor_queue', 'Requests that wait in the sensor', (set) => set(service.status().capture?.queue ?? 0));
  const impressions = 'since the capture process began';
  counter('tidemill_sensor_accepted_total', `Impressions accepted ${impressions}`, () => service.status().capture?.accepted ?? 0);
  counter('tidemill_sensor_rejected_total', `Impressions answered 4xx ${impressions}`, () => service.status().capture?.rejected ?? 0);
  counter('tidemill_sensor_refused_total', `Impressions answered 503 ${impressions}`, () => service.status().capture?.refused ?? 0);
  counter(
    'tidemill_agent_packages_total',
    'Packages moved by the agent since the service began',
    () => service.status().agent.packagesMoved,
  );
  counter('tidemill_agent_lines_total', 'Lines moved by the agent since the service began', () => service.status().agent.linesMoved);

  const duration = new Histogram({
    name: 'tidemill_http_request_seconds',
    help: 'Time that requests to the API took',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  app.addHook('onResponse', (request, reply, done) => {
    // The route's pattern, never the path: that has as many values as people can think of.
    const route = request.routeOptions.url ?? '(none)';
    duration.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    done();
  });
  return registry;
}
