import { figuresOf } from './figures.ts';
import { inertJson } from './inert.ts';
import { eventsOf, readStory, type SessionRecord } from './story.ts';

export const sessionSchemaId = 'walkback.session/1';

export interface JsonExport extends SessionRecord {
  readonly verified: { readonly ok: boolean; readonly brokenAt: number | null };
  readonly program: string;
}

const overridesOf = (events: JsonExport['events']) =>
  eventsOf(events, 'override.used').map(({ at, fact }) => ({
    at,
    ...fact,
    approvedBy:
      eventsOf(events, 'override.approved').find((one) => one.fact.key === fact.key)?.fact.by ?? null,
  }));

/** One session as one JSON document: its figures, its debts and all events. Made for programs; the proof is JSONL. */
export function exportJson(input: JsonExport): string {
  const story = readStory(input);
  const document = {
    schema: sessionSchemaId,
    program: input.program,
    verified: input.verified,
    session: {
      id: story.id,
      outcome: story.outcome,
      startedAt: story.startedAt,
      endedAt: story.endedAt,
      closedAt: story.closedAt,
      ...(story.started === null
        ? {}
        : {
            runbook: story.started.runbook,
            environment: story.started.environment,
            production: story.started.production,
            mode: story.started.mode,
            inputs: story.started.inputs,
          }),
    },
    figures: figuresOf(story, input.events),
    obligations: story.obligations,
    overrides: overridesOf(input.events),
    decisions: story.decisions,
    events: input.events,
  };
  return `${inertJson(document, 2)}\n`;
}
