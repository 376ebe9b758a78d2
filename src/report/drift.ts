import type { Fact, FactOf } from '../machine/facts.ts';
import { bullets, fenced, table } from './markdown.ts';
import { asked, section } from './postmortem-asked.ts';
import type { Material } from './postmortem-material.ts';
import { eventsOf } from './story.ts';
import { clockText, dateText } from './time.ts';

/** Changes by hand in documents: what was told and found, what became of it, and the patch of what stays. */

/** What was changed by hand and stays, as one patch that `git apply` takes; empty where there is none. */
export function driftPatch(events: readonly { readonly fact: Fact }[]): string {
  const gone = new Set(
    events.flatMap(({ fact }) => (fact.type === 'drift.disposed' && fact.how === 'reverted' ? fact.key : [])),
  );
  return events
    .flatMap(({ fact }) => {
      if (fact.type !== 'drift.added' || gone.has(fact.key ?? '')) return [];
      return fact.capture?.patch ?? [];
    })
    .join('');
}

/** Each change by hand with what became of it, newest word last. */
function driftStory(events: Material['events']): readonly {
  readonly at: string;
  readonly drift: FactOf<'drift.added'>;
  readonly disposed: FactOf<'drift.disposed'> | null;
}[] {
  const disposed = eventsOf(events, 'drift.disposed');
  return eventsOf(events, 'drift.added').map(({ at, fact }) => ({
    at,
    drift: fact,
    disposed: disposed.findLast((one) => one.fact.key === fact.key)?.fact ?? null,
  }));
}

/** The section on changes by hand: what was found or told, what became of it, and the patch that makes it lasting. */
export function driftSection(material: Material): string {
  const { events, name } = material;
  const looks = eventsOf(events, 'drift.captured');
  const seen = [...new Set(looks.map(({ fact }) => fact.id))];
  const patch = driftPatch(events);
  return section(
    'Drift and manual fixes',
    [
      table(
        ['time', 'by', 'where', 'what', 'why', 'typed, seen', 'what became of it'],
        driftStory(events).map(({ at, drift, disposed }) => [
          dateText(at),
          name(drift.by),
          drift.target,
          drift.what,
          drift.why ?? '',
          [drift.command, drift.evidence].filter((part) => part !== undefined).join('; '),
          becameOf(drift, disposed, name),
        ]),
        'No drift was recorded.',
      ),
      ...(seen.length === 0
        ? []
        : [
            `Looked at before the first change and at the end: ${seen.join(', ')}.`,
            bullets(
              looks
                .filter(({ fact }) => fact.result !== 'pass')
                .map(({ at, fact }) => `${clockText(at)}: ${fact.id} could not be read: ${fact.detail}`),
              'All of it could be read.',
            ),
          ]),
      ...(patch === '' ? [] : ['The patch of what stays (`git apply` takes it):', fenced(patch, 'diff')]),
    ],
    asked(material, 'drift'),
  );
}

function becameOf(
  drift: FactOf<'drift.added'>,
  disposed: FactOf<'drift.disposed'> | null,
  name: Material['name'],
): string {
  if (disposed === null) return drift.key === undefined ? '' : 'OPEN';
  const { how, by, reason, owner, until } = disposed;
  const whose = owner === null ? '' : `, ${name(owner)} until ${until ?? '?'}`;
  return `${how} by ${name(by)}: ${reason}${whose}`;
}
