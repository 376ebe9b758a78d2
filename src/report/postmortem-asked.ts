import { inline } from './markdown.ts';
import type { Material } from './postmortem-material.ts';
import { peopleIn } from './postmortem-told.ts';
import { dateText } from './time.ts';

/**
 * What people told in one section, and what nobody has told yet. People whom an answer names are called by their role
 * there too, where the document calls them so.
 */
export function asked({ questions, answers, name, events }: Material, section: string): string {
  const rename = namesReplaced(peopleIn(events), name);
  const lines = questions
    .filter((question) => question.section === section)
    .map(({ id, ask }) => {
      const told = answers.get(id);
      if (told === undefined) return `- [ ] ${ask} _(not answered yet)_`;
      const said = told.text
        .trim()
        .split('\n')
        .map((line) => (line.trim() === '' ? '  >' : `  > ${inline(rename(line))}`));
      return [`- [x] ${ask}`, '', ...said, '', `  _${inline(name(told.by))}, ${dateText(told.at)} UTC_`].join(
        '\n',
      );
    });
  const all = lines.every((line) => line.startsWith('- [x]'));
  return lines.length === 0
    ? ''
    : [all ? '**Told by people:**' : '**For people to answer:**', ...lines].join('\n');
}

function namesReplaced(people: readonly string[], name: Material['name']): (text: string) => string {
  const known = people.filter((person) => name(person) !== person);
  if (known.length === 0) return (text) => text;
  const roles = new Map(known.map((person) => [person.toLowerCase(), name(person)]));
  const words = known.map((person) => person.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).join('|');
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${words})(?![\\p{L}\\p{N}_])`, 'giu');
  return (text) => text.replaceAll(pattern, (found) => roles.get(found.toLowerCase()) ?? found);
}

/** One section: what the ledger says stands first and is marked as such, what people say follows. */
export const section = (heading: string, derived: readonly string[], told = ''): string =>
  [
    `## ${heading}`,
    ...(derived.length === 0 ? [] : ['_Derived from the ledger:_', ...derived]),
    ...(told === '' ? [] : [told]),
  ].join('\n\n');
