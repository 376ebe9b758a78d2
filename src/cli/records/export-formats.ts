import { hash } from 'node:crypto';
import { join } from 'node:path';
import { OperatorError } from '../../errors.ts';
import { realNames, rolesFor } from '../../report/actors.ts';
import { driftPatch } from '../../report/drift.ts';
import { exportAsciicast } from '../../report/export/asciicast.ts';
import { exportCloudEvents } from '../../report/export/cloudevents.ts';
import { exportCsv } from '../../report/export/csv.ts';
import { comparedSeries } from '../../report/export/html/compared-series.ts';
import type { Series } from '../../report/export/html/metric-svg.ts';
import { exportHtml } from '../../report/export/html/page.ts';
import { exportJunit } from '../../report/export/junit.ts';
import { exportOtlp } from '../../report/export/otlp.ts';
import { exportPrometheus } from '../../report/export/prometheus.ts';
import { figuresOf } from '../../report/figures.ts';
import { exportJson } from '../../report/json.ts';
import { postmortemMarkdown } from '../../report/postmortem.ts';
import { eventsOf, readStory } from '../../report/story.ts';
import type { DocumentFormat } from './document-formats.ts';
import { loadOrRefuse } from '../load.ts';
import type { SessionRecordHere } from './record.ts';
import { pinnedFolder, readStartFile } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';
import { version } from '../version.ts';

/** One session as one document. Names are roles unless `names` asks for those on record. */
export function documentOf(
  around: Surroundings,
  record: Omit<SessionRecordHere, 'ledger'>,
  format: DocumentFormat,
  names: 'roles' | 'real',
): string {
  const { id, outcome, events, verified, output } = record;
  const session = { id, outcome };
  const program = `walkback ${version}`;
  const story = readStory({ session, events });
  const name = names === 'real' ? realNames : rolesFor(events);
  const told = () => ({
    session,
    events,
    output,
    verified,
    program,
    names,
    usual: record.usual(),
    drill: record.drill(),
  });
  switch (format) {
    case 'md':
      return postmortemMarkdown(told());
    case 'html':
      return exportHtml({
        ...told(),
        series: seriesOf(around, record),
        sha256: (text) => hash('sha256', text, 'base64'),
      });
    case 'json':
      return exportJson({ session, events, verified, program });
    case 'csv':
      return exportCsv(events, name);
    case 'otlp':
      return exportOtlp({ story, events, name, version });
    case 'junit':
      return exportJunit({ story, output });
    case 'cloudevents':
      return exportCloudEvents(id, events);
    case 'prometheus':
      return exportPrometheus(story, figuresOf(story, events));
    case 'asciicast2':
      return exportAsciicast(2, { story, events, output, name });
    case 'asciicast3':
      return exportAsciicast(3, { story, events, output, name });
    case 'patch':
      return driftPatch(events);
  }
}

/** What was measured for each trigger, from the samples on record; its limit where the pinned runbook is still here. */
function seriesOf(
  around: Surroundings,
  { id, events, samples }: Pick<SessionRecordHere, 'id' | 'events' | 'samples'>,
): readonly Series[] {
  const changes = eventsOf(events, 'trigger.changed');
  const agreed = agreedHere(around, id);
  const triggers = [...Map.groupBy(changes, ({ fact }) => fact.id)].map(([trigger, facts]): Series => {
    // what changed its state is in the chain; the readings in between were kept beside it
    const points = new Map([...samples(trigger), ...facts.flatMap(({ fact }) => fact.samples)]);
    return {
      id: trigger,
      limit: agreed.get(trigger)?.limit ?? null,
      unit: agreed.get(trigger)?.unit ?? null,
      points: [...points].toSorted(([one], [other]) => one - other),
    };
  });
  return [...triggers, ...comparedSeries(events)];
}

function agreedHere(
  around: Surroundings,
  session: string,
): ReadonlyMap<string, { readonly limit: number; readonly unit: string | null }> {
  try {
    const { runbook: file } = readStartFile(around, session);
    const { runbook } = loadOrRefuse(join(pinnedFolder(around, session), file));
    return new Map(
      runbook.triggers.map(({ id, probe, breach }) => [
        id,
        { limit: breach.value, unit: runbook.probes[probe]?.unit ?? null },
      ]),
    );
  } catch (error) {
    // the record of another machine, or an old one: it is drawn without its limits
    if (error instanceof OperatorError) return new Map();
    throw error;
  }
}
