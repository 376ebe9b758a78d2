import { isoTime } from '../clock.ts';
import { openShopDatabase } from '../database/open.ts';
import { releases } from '../releases.ts';
import { readState } from '../state.ts';
import { exits, type Command, type Context, type Exit } from './context.ts';

/** Something that a pipeline tells of itself, in the shop's own time. */
interface PipelineEvent {
  readonly id: string;
  readonly event: 'release.finished' | 'contract_migration';
  readonly at: string;
}

/** What closes or opens the time in which a rollback is the default: the release, and migrations that only go one way. */
function events(context: Context): Exit {
  const releasedAt = readState(context.folder)?.releasedAt ?? null;
  const released: readonly PipelineEvent[] =
    releasedAt === null
      ? []
      : [
          {
            id: `release-${releases.current.version}`,
            event: 'release.finished',
            at: isoTime(releasedAt),
          },
        ];
  const told = [...released, ...contracts(context.folder)];
  context.out(
    context.json
      ? JSON.stringify(told)
      : told.map(({ at, event, id }) => `${at}  ${event}  ${id}`).join('\n') || 'nothing happened',
  );
  return exits.yes;
}

function contracts(folder: string): readonly PipelineEvent[] {
  const database = openShopDatabase(folder);
  try {
    const rows = database
      .prepare(
        "select name, applied_at from migrations where name like 'contract\\_%' escape '\\' order by id",
      )
      .all() as readonly { readonly name: string; readonly applied_at: string }[];
    return rows.map(({ name, applied_at: at }) => ({ id: name, event: 'contract_migration', at }));
  } finally {
    database.close();
  }
}

export const eventCommands: Readonly<Record<string, Command>> = {
  events: {
    usage: 'events [--json]',
    about: 'the release and the migrations that only go one way, with their times',
    run: events,
  },
};
