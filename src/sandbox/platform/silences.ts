import { isPattern } from '../is-pattern.ts';
import { randomUUID } from 'node:crypto';
import { isoTime, parseTime, type DomainClock } from '../clock.ts';
import { fields, json, type Handler, type Incoming, type Reply } from '../http.ts';
import type { Labels } from '../metrics/registry.ts';

interface SilenceMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

export interface Silence {
  readonly id: string;
  readonly matchers: readonly SilenceMatcher[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly updatedAt: string;
}

export interface FiringAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: string;
}

export interface Alertmanager {
  readonly handler: Handler;
  /** Replaces what fires now. Answers the alerts that are new and that no silence covers. */
  setAlerts(alerts: readonly FiringAlert[]): readonly FiringAlert[];
  dump(): readonly Silence[];
  load(silences: readonly Silence[]): void;
}

/** The part of Alertmanager's v2 API that operators use: silences, and the alerts they cover. Times are domain time. */
export function alertmanager(clock: DomainClock): Alertmanager {
  const silences = new Map<string, Silence>();
  let alerts: readonly FiringAlert[] = [];

  const coveredBy = (alert: FiringAlert): readonly string[] =>
    [...silences.values()]
      .filter((silence) => stateOf(silence, clock.now()) === 'active' && covers(silence, alert.labels))
      .map(({ id }) => id);

  function shown(alert: FiringAlert): unknown {
    const silencedBy = coveredBy(alert);
    return {
      ...alert,
      endsAt: isoTime(clock.now() + 60_000),
      updatedAt: isoTime(clock.now()),
      fingerprint: fingerprintOf(alert.labels),
      receivers: [{ name: 'chat' }],
      status: {
        state: silencedBy.length > 0 ? 'suppressed' : 'active',
        silencedBy,
        inhibitedBy: [],
      },
    };
  }

  function route({ method, path, query, body }: Incoming): Reply {
    const id = /^\/api\/v2\/silence\/([^/]+)$/.exec(path)?.[1];
    if (path === '/api/v2/silences' && method === 'GET')
      return json(
        200,
        [...silences.values()].map((silence) => withState(silence, clock.now())),
      );
    if (path === '/api/v2/silences' && method === 'POST') return create(fields(body));
    if (path === '/api/v2/alerts' && method === 'GET') {
      const active =
        query.get('silenced') === 'false' ? alerts.filter((alert) => coveredBy(alert).length === 0) : alerts;
      return json(200, active.map(shown));
    }
    if (path === '/api/v2/status')
      return json(200, { cluster: { status: 'disabled' }, versionInfo: { version: 'sandbox' } });
    if (id === undefined) return json(404, { code: 404, message: 'path not found' });
    const silence = silences.get(id);
    if (!silence) return json(404, `silence ${id} not found`);
    if (method === 'GET') return json(200, withState(silence, clock.now()));
    if (method !== 'DELETE') return json(405, { code: 405, message: 'method not allowed' });
    silences.set(id, { ...silence, endsAt: isoTime(clock.now()), updatedAt: isoTime(clock.now()) });
    return json(200, {});
  }

  function create(body: Readonly<Record<string, unknown>>): Reply {
    const matchers = readMatchers(body['matchers']);
    const startsAt = parseTime(String(body['startsAt']));
    const endsAt = parseTime(String(body['endsAt']));
    for (const name of ['matchers', 'startsAt', 'endsAt'])
      if (body[name] === undefined) return json(422, { code: 602, message: `${name} in body is required` });
    if (Array.isArray(body['matchers']) && body['matchers'].length === 0)
      return json(422, { code: 612, message: 'matchers in body should have at least 1 items' });
    if (matchers === null) return json(400, 'silence invalid: invalid label matcher');
    if (startsAt === null || endsAt === null) return json(400, 'silence invalid: invalid time');
    if (endsAt <= startsAt) return json(400, 'silence invalid: end time must not be before start time');
    if (endsAt <= clock.now()) return json(400, 'silence invalid: end time can\u2019t be in the past');
    const id = typeof body['id'] === 'string' && body['id'] !== '' ? body['id'] : randomUUID();
    silences.set(id, {
      id,
      matchers,
      startsAt: isoTime(Math.max(startsAt, silences.has(id) ? startsAt : clock.now())),
      endsAt: isoTime(endsAt),
      createdBy: String(body['createdBy'] ?? ''),
      comment: String(body['comment'] ?? ''),
      updatedAt: isoTime(clock.now()),
    });
    return json(200, { silenceID: id });
  }

  return {
    handler: route,
    setAlerts(next) {
      const known = new Set(alerts.map(({ labels }) => fingerprintOf(labels)));
      alerts = next;
      return next.filter((alert) => !known.has(fingerprintOf(alert.labels)) && coveredBy(alert).length === 0);
    },
    dump: () => [...silences.values()],
    load(next) {
      silences.clear();
      for (const silence of next) silences.set(silence.id, silence);
    },
  };
}

function stateOf(silence: Silence, nowMs: number): 'pending' | 'active' | 'expired' {
  if ((parseTime(silence.endsAt) ?? 0) <= nowMs) return 'expired';
  return (parseTime(silence.startsAt) ?? 0) > nowMs ? 'pending' : 'active';
}

const withState = (silence: Silence, nowMs: number): unknown => ({
  ...silence,
  status: { state: stateOf(silence, nowMs) },
});

function covers(silence: Silence, labels: Labels): boolean {
  return silence.matchers.every(({ name, value, isRegex, isEqual }) => {
    const actual = labels[name] ?? '';
    const same = isRegex ? new RegExp(`^(?:${value})$`, 'u').test(actual) : actual === value;
    return same === isEqual;
  });
}

function readMatchers(value: unknown): readonly SilenceMatcher[] | null {
  if (!Array.isArray(value)) return null;
  const matchers = value.map((one: unknown): SilenceMatcher | null => {
    if (typeof one !== 'object' || one === null || !('name' in one) || !('value' in one)) return null;
    const isRegex = 'isRegex' in one && one.isRegex === true;
    const isEqual = !('isEqual' in one) || one.isEqual !== false;
    return { name: String(one.name), value: String(one.value), isRegex, isEqual };
  });
  return matchers.every((matcher) => matcher !== null) &&
    matchers.every(({ isRegex, value: text }) => !isRegex || isPattern(text))
    ? matchers
    : null;
}

const fingerprintOf = (labels: Labels): string =>
  Object.keys(labels)
    .toSorted()
    .map((name) => `${name}=${labels[name] ?? ''}`)
    .join(',');
