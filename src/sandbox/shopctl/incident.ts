import { appendFileSync } from 'node:fs';
import { isoTime } from '../clock.ts';
import { incidentFile, readIncident, type IncidentLine } from '../incident.ts';
import { argument, exits, UsageError, type Command, type Context, type Exit } from './context.ts';

/** The shop's incident desk: what an incident tool would answer, and where it takes what it is told. */
async function incident(context: Context): Promise<Exit> {
  const action = argument(context, 0, 'show, id, set or note');
  switch (action) {
    case 'show': {
      const { id, state, severity, commander, notes } = readIncident(context.folder);
      if (context.json) context.out(JSON.stringify({ id, state, severity, commander }));
      else
        context.out(
          `${id} ${severity} ${state}, led by ${commander}${notes.map((text) => `\n  ${text}`).join('')}`,
        );
      return exits.yes;
    }
    case 'id':
      context.out(readIncident(context.folder).id);
      return exits.yes;
    case 'set': {
      const change = {
        state: argument(context, 1, 'the state'),
        ...given(context, 'severity'),
        ...given(context, 'commander'),
      };
      await add(context, change);
      context.out(`the incident is ${change.state}`);
      return exits.yes;
    }
    case 'note': {
      await add(context, { note: argument(context, 1, 'the text') });
      context.out('noted');
      return exits.yes;
    }
    default:
      throw new UsageError(`incident cannot ${action}`);
  }
}

function given(context: Context, name: 'severity' | 'commander'): Partial<IncidentLine> {
  const value = context.flag(name);
  return typeof value === 'string' ? { [name]: value } : {};
}

/** One line at a time, appended: two who write at once lose nothing. */
async function add(context: Context, change: Omit<IncidentLine, 'at'>): Promise<void> {
  const line = { at: isoTime(await context.now()), ...change };
  appendFileSync(incidentFile(context.folder), `${JSON.stringify(line)}\n`);
}

export const incidentCommands: Readonly<Record<string, Command>> = {
  incident: {
    usage: 'incident show [--json] | id | set STATE [--severity S] [--commander NAME] | note TEXT',
    about: 'the incident as its desk knows it, and what it was told',
    run: incident,
  },
};
