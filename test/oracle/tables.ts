/**
 * The SQL of the oracle. From the table `line` (raw lines that break no rule, by position):
 *
 *   line ─▶ hit      a line that counts: no duplicate; with its local date and hour
 *        ─▶ step     with the visit (a session of a day) it belongs to, named by the position of the visit's first hit
 *        ─▶ visit    one a session: its sums, and what its first hit says
 *        ─▶ shown    one a view: with the objects of the session's views before and after
 *        ─▶ span     a visit as of its day, its week and its month
 */
export const LOOKED_UP = ['browser', 'os', 'device', 'country', 'region', 'city'] as const;

export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Tables `hit`, `step`, `visit`, `shown` and `span`. */
export function stages(zone: string, timeoutMinutes: number, hosts: Readonly<Record<string, readonly string[]>>): string {
  const own = Object.entries(hosts).flatMap(([site, names]) =>
    names.map((h) => `(${quote(site)}, ${quote(h.toLowerCase().replace(/^www\./, ''))})`),
  );
  return `
    create table own(site varchar, host varchar);
    ${own.length === 0 ? '' : `insert into own select distinct * from (values ${own.join()}) v;`}

    create table hit as
      select here::date as day, extract(hour from here)::smallint as hour, * exclude (here, visitor),
        case when visitor <> '' then 'given ' || visitor else 'hashed ' || length(ip) || ' ' || ip || agent end as visitor
      from (select *, timezone(${quote(zone)}, timezone('UTC', epoch_ms(t))) as here from line)
      qualify id = '' or row_number() over (partition by day, id order by pos) = 1;

    create table step as
      with keyed as (select *, if(session <> '', 'session ' || session, visitor) as who from hit),
      parted as (
        select *, session = '' and t - lag(t, 1, t) over (partition by day, site, who order by t, pos) > ${timeoutMinutes * 60_000} as cut from keyed),
      numbered as (
        select *, count_if(cut) over (partition by day, site, who order by t, pos rows between unbounded preceding and current row) as part from parted)
      select *, first_value(pos) over (partition by day, site, who, part order by t, pos) as visit from numbered;

    create table visit as
      with referred as (
        select *, regexp_extract(referrer, '^[[:alpha:]][[:alnum:]+.-]*://(?:[^/?#@]*@)?([^/?#:]+)', 1) as from_host from hit),
      hosted as (select *, regexp_replace(lower(from_host), '^www[.]', '') as host from referred)
      select sums.*, first.* exclude (pos, t, action, object, type, name, term, session, agent, referrer, segments, recommendations, id, from_host, host),
        case
          when first.referrer = '' then '(direct)'
          when first.from_host = '' then '(other)'
          when exists (from own where own.site = first.site and own.host = first.host) then '(internal)'
          else first.host end as referrer
      from (select visit, count(*) as impressions, max(t) - min(t) as duration_ms from step group by visit) as sums
      join hosted as first on first.pos = sums.visit;

    create table shown as
      select day, site, visit, object,
        lag(object) over (partition by visit order by t, pos) as before,
        lead(object) over (partition by visit order by t, pos) as next
      from step where action = 'view';

    create table span as
      select 'day' as granularity, day as period, * from visit
      union all select 'week', day - (isodow(day) - 1)::integer, * from visit
      union all select 'month', make_date(year(day), month(day), 1), * from visit;
  `;
}

/** Name and query of each table of spec §6. */
export function expectedTables(withLookedUp: boolean): Record<string, string> {
  const daily = (from: string, keys: readonly string[], sums: string): string => {
    const by = ['site', ...keys];
    return `select 'day' as granularity, day as period, ${by.join()}, ${sums} from ${from} group by day, ${by.join()}`;
  };
  const counted = (action: string, keys: readonly string[], as: string): string =>
    daily(`(from hit where action = ${quote(action)})`, keys, `count(*) as ${as}`);
  const perSession = (...keys: string[]): string => daily('visit', keys, 'count(*) as sessions, sum(impressions)::bigint as impressions');
  const perVisitor = (from: string, ...keys: string[]): string => {
    const by = ['granularity', 'period', 'site', ...keys].join();
    return `select ${by}, count(distinct visitor) as visitors, count(*) as sessions, sum(impressions)::bigint as impressions from ${from} group by ${by}`;
  };
  const perEntry = (list: string, entry: string): string =>
    perVisitor(
      `(select span.*, ${entry} from span join (select distinct visit, unnest(${list}) as ${entry} from step) using (visit))`,
      entry,
    );
  const steps = [0, 10, 30, 60, 180, 600, 1800];

  const tables: Record<string, string> = {
    l3_objecttype: counted('view', ['type'], 'views'),
    l3_object: counted('view', ['type', 'object'], 'views'),
    l3_download: counted('download', ['type', 'object'], 'downloads'),
    l3_internalsearch: counted('search', ['term'], 'searches'),
    l3_session: daily(
      'visit',
      [],
      'count(*) as sessions, sum(impressions)::bigint as impressions, count_if(impressions = 1)::bigint as bounces, sum(duration_ms)::bigint as duration_ms',
    ),
    l3_browser: perSession('browser'),
    l3_os: perSession('os'),
    l3_device: perSession('device'),
    l3_sessionentry: daily(
      '(select shown.*, impressions from shown join visit using (visit) where before is null)',
      ['object'],
      'count(*) as sessions, count_if(impressions = 1)::bigint as bounces',
    ),
    l3_sessionexit: daily('(from shown where next is null)', ['object'], 'count(*) as sessions'),
    l3_clickstream: daily(
      '(select *, object as object_from, next as object_to from shown where next <> object)',
      ['object_from', 'object_to'],
      'count(*) as clicks',
    ),
    l3_referrer: perSession('referrer'),
    l3_ip: perSession('ip'),
    l3_sessionhour: perSession('hour'),
    l3_sessionduration: daily(
      `(select *, list_max(list_filter([${steps.join()}], lambda s: s * 1000 <= duration_ms))::integer as from_s from visit)`,
      ['from_s'],
      'count(*) as sessions',
    ),
    l3_visitor: perVisitor('span'),
    l3_country: perVisitor('span', 'country'),
    l3_region: perVisitor('span', 'country', 'region'),
    l3_city: perVisitor('span', 'country', 'region', 'city'),
    l3_segment: perEntry('segments', 'segment'),
    l3_recommendation: perEntry('recommendations', 'recommendation'),
    l2_object: `
      select site, object, max((t, type))[2] as type, coalesce(max((t, name)) filter (name <> '')[2], '') as name,
        min(t) as first_seen, max(t) as last_seen
      from hit where object <> '' group by site, object`,
  };
  if (!withLookedUp) for (const column of LOOKED_UP) delete tables[`l3_${column}`];
  return tables;
}
