import type { RecordedFact } from '../../session/ports.ts';
import type { Names } from '../actors.ts';
import { personOf } from '../actors.ts';
import { commandText, inertJson, visible } from '../inert.ts';
import { sayFact } from '../sentences.ts';
import type { AttemptStory, Story } from '../story.ts';
import { epochMs } from '../time.ts';

/** Values of an attribute in OTLP/JSON: 64-bit integers are texts there. */
type Value =
  { readonly stringValue: string } | { readonly boolValue: boolean } | { readonly intValue: string };
type Attributes = Readonly<Record<string, string | number | boolean | null>>;

/** Numbers of `SpanKind` and `StatusCode` in trace.proto. */
const internal = 1;
const statusOk = 1;
const statusError = 2;

export interface OtlpInput {
  readonly story: Story;
  readonly events: readonly RecordedFact[];
  readonly name: Names;
  readonly version: string;
}

/**
 * The session as one trace in OTLP/JSON (an `ExportTraceServiceRequest`): the session is the root span, each attempt
 * and each debt a child of it, each event of an attempt an event of its span. Ids come from the hashes of the chain, so
 * that the same session always gives the same trace.
 */
export function exportOtlp({ story, events, name, version }: OtlpInput): string {
  const [first] = events;
  const traceId = first?.hash.slice(0, 32) ?? '0'.repeat(32);
  const rootId = first?.hash.slice(32, 48) ?? '0'.repeat(16);
  const idOf = (seq: number): string => events.find((event) => event.seq === seq)?.hash.slice(0, 16) ?? '';
  const { started } = story;
  const root = {
    traceId,
    spanId: rootId,
    name: started === null ? 'session' : `${started.runbook.id} on ${started.environment}`,
    kind: internal,
    ...spanTimes(story.startedAt, story.endedAt ?? story.lastAt),
    attributes: attributes({
      'walkback.session': story.id,
      'walkback.outcome': story.outcome,
      'walkback.mode': started?.mode ?? null,
      'walkback.runbook.hash': started?.runbook.hash ?? null,
      'walkback.objective_ms': started?.runbook.objectiveMs ?? null,
      'deployment.environment.name': started?.environment ?? null,
    }),
    events: events
      .filter(({ fact }) => !('attempt' in fact))
      .map((event) => spanEvent(event, name(personOf(event.fact) ?? event.actor))),
    status: statusOfOutcome(story.outcome),
  };
  const attempts = story.attempts.map((attempt) => ({
    traceId,
    spanId: idOf(attempt.facts[0]?.seq ?? -1),
    parentSpanId: rootId,
    name: attempt.place,
    kind: internal,
    ...spanTimes(attempt.firstAt, attempt.lastAt),
    attributes: attributes({
      'walkback.step': attempt.step,
      'walkback.attempt': attempt.number,
      'walkback.result': attempt.result,
      'walkback.command': attempt.argv === null ? null : commandText(attempt.argv),
      'walkback.in_doubt': attempt.doubt !== null,
      'process.exit.code': attempt.ended?.exitCode ?? null,
    }),
    events: attempt.facts.map((event) => spanEvent(event, name(personOf(event.fact) ?? event.actor))),
    status: statusOf(attempt),
  }));
  const debts = story.obligations.map((debt) => ({
    traceId,
    spanId: debtId(traceId, debt.opened.key),
    parentSpanId: rootId,
    name: `owed: ${visible(debt.opened.title)}`,
    kind: internal,
    ...spanTimes(debt.openedAt, debt.closedAt ?? story.lastAt),
    attributes: attributes({
      'walkback.obligation': debt.opened.key,
      'walkback.obligation.open': debt.closedAt === null,
    }),
    events: [],
    status: debt.closedAt === null ? { code: statusError, message: 'not given back' } : { code: statusOk },
  }));
  const document = {
    resourceSpans: [
      {
        resource: {
          attributes: attributes({
            'service.name': 'walkback',
            'service.version': version,
            'walkback.service': started?.runbook.service ?? null,
          }),
        },
        scopeSpans: [{ scope: { name: 'walkback', version }, spans: [root, ...attempts, ...debts] }],
      },
    ],
  };
  return `${inertJson(document, 1)}\n`;
}

/** A clock that was set back meanwhile leaves a span without length: one that ends before it begins is refused. */
function spanTimes(from: string | null, to: string | null) {
  const isBack = from !== null && to !== null && epochMs(to) < epochMs(from);
  return { startTimeUnixNano: nanos(from), endTimeUnixNano: nanos(isBack ? from : to) };
}

const nanos = (at: string | null): string =>
  `${at === null ? '0' : String(epochMs(at))}000000`.replace(/^0+(?=\d)/, '');

function spanEvent(event: RecordedFact, actor: string) {
  const { what, evidence } = sayFact(event.fact);
  return {
    timeUnixNano: nanos(event.at),
    name: event.fact.type,
    attributes: attributes({
      'walkback.seq': event.seq,
      'walkback.actor': actor,
      'walkback.what': what,
      'walkback.evidence': evidence === '' ? null : evidence,
    }),
  };
}

function statusOf({ judged, ended, doubt, result }: AttemptStory) {
  const failed =
    judged === 'fail' ||
    judged === 'unknown' ||
    doubt !== null ||
    (judged === null && ended !== null && !(ended.ending === 'exited' && ended.exitCode === 0));
  return failed ? { code: statusError, message: visible(result) } : { code: statusOk };
}

const statusOfOutcome = (outcome: string | null) =>
  outcome === null
    ? {}
    : outcome === 'aborted' || outcome === 'not_possible'
      ? { code: statusError, message: outcome }
      : { code: statusOk };

/** Sixteen hexadecimal digits for a debt, whose key is no hash: FNV-1a over the key, begun with the trace's id. */
function debtId(traceId: string, key: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(`${traceId}/${key}`)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

function attributes(values: Attributes): readonly { readonly key: string; readonly value: Value }[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === null ? [] : [{ key, value: valueOf(value) }],
  );
}

function valueOf(value: string | number | boolean): Value {
  if (typeof value === 'boolean') return { boolValue: value };
  return typeof value === 'number'
    ? { intValue: String(Math.round(value)) }
    : { stringValue: visible(value) };
}
