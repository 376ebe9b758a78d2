import {
  dropBackup,
  listBackups,
  nightlyBackups,
  pinBackup,
  pinnedBackup,
  proveBackup,
  restoreBackup,
  takeBackup,
  type Backup,
} from '../database/backups.ts';
import { isVolumeName, readVolume, volumeNames, type VolumeName } from '../volumes.ts';
import { argument, exits, listOf, UsageError, type Command, type Context, type Exit } from './context.ts';
import { withDatabase } from './database.ts';

async function backups(context: Context): Promise<Exit> {
  const action = argument(context, 0, 'list, prove, pin, unpin, pinned, room, make, drop or restore');
  switch (action) {
    case 'list':
      return list(context);
    case 'prove':
      return prove(context);
    case 'pin':
      return pin(context);
    case 'unpin':
      pinBackup(context.folder, null);
      context.out('no backup is pinned');
      return exits.yes;
    case 'pinned':
      context.out(pinnedBackup(context.folder)?.name ?? 'none');
      return exits.yes;
    case 'room':
      return room(context);
    case 'make':
      return make(context);
    case 'drop': {
      const backup = listBackups(context.folder).find(
        ({ name }) => name === argument(context, 1, 'the backup'),
      );
      if (backup !== undefined) dropBackup(context.folder, backup);
      context.out(backup === undefined ? 'there was none' : `${backup.name} is gone`);
      return exits.yes;
    }
    case 'restore':
      return restore(context);
    default:
      throw new UsageError(`backups cannot ${action}`);
  }
}

/** What the catalogue says; nothing of it was read from the backups themselves. */
function list(context: Context): Exit {
  const all = listBackups(context.folder);
  if (context.json) context.out(JSON.stringify(all));
  else
    for (const { name, volume, takenAt, bytes, orders } of all)
      context.out(`${name.padEnd(8)}  ${volume.padEnd(5)}  ${takenAt}  ${bytes} bytes  ${orders} orders`);
  return exits.yes;
}

/** A backup by its name, or by what it is: `newest`, `older` (the nightly one before that), `pinned`. */
function chosen({ folder }: Context, name: string): Backup {
  const [newest, older] = nightlyBackups(folder);
  const named: Readonly<Record<string, Backup | null | undefined>> = {
    newest,
    older,
    pinned: pinnedBackup(folder),
  };
  const backup = name in named ? named[name] : listBackups(folder).find((one) => one.name === name);
  if (!backup) throw new UsageError(`there is no backup ${name}`);
  return backup;
}

function prove(context: Context): Exit {
  const backup = chosen(context, argument(context, 1, 'the backup'));
  const proof = proveBackup(context.folder, backup);
  const now = withDatabase(context.folder, (database) =>
    Number(database.prepare('select count(*) from orders').pluck().get()),
  );
  if (context.json) context.out(JSON.stringify({ name: backup.name, ...proof, now }));
  else
    context.out(
      proof.whole
        ? `${backup.name} is whole: ${proof.orders} orders, the shop has ${now}, ${now - proof.orders} came since`
        : `${backup.name} cannot be restored: ${proof.why}`,
    );
  return proof.whole ? exits.yes : exits.no;
}

function pin(context: Context): Exit {
  const { name } = chosen(context, argument(context, 1, 'the backup'));
  pinBackup(context.folder, name);
  context.out(name);
  return exits.yes;
}

function volumeOf(context: Context): VolumeName {
  const volume = context.flag('volume');
  if (!isVolumeName(volume)) throw new UsageError(`--volume is ${volumeNames.join(' or ')}`);
  return volume;
}

/** The database is more than its backup will need. */
function room(context: Context): Exit {
  const { name, free } = readVolume(context.folder, volumeOf(context));
  const need = withDatabase(context.folder, (database) =>
    Number(
      database
        .prepare('select page_count * page_size from pragma_page_count, pragma_page_size')
        .pluck()
        .get(),
    ),
  );
  context.out(`${name}: ${need} bytes needed, ${free} free`);
  return free > need ? exits.yes : exits.no;
}

async function make(context: Context): Promise<Exit> {
  const name = argument(context, 1, 'the name');
  const volume = volumeOf(context);
  const atMs = await context.now();
  try {
    const { bytes } = withDatabase(context.folder, (database) =>
      takeBackup(context.folder, database, { name, volume, atMs }),
    );
    context.out(`${name} on ${volume}: ${bytes} bytes`);
    return exits.yes;
  } catch (error) {
    context.err(`${name} on ${volume}: ${error instanceof Error ? error.message : String(error)}`);
    return exits.no;
  }
}

async function restore(context: Context): Promise<Exit> {
  const backup = chosen(context, argument(context, 1, 'the backup'));
  const running = listOf(await context.api('GET', '/instances'), 'instances').filter(
    ({ version }) => typeof version === 'string',
  );
  if (running.length > 0) {
    context.err(
      `${running.map(({ name }) => String(name)).join(', ')} would go on with other data: stop them first`,
    );
    return exits.no;
  }
  await restoreBackup(context.folder, backup);
  context.out(`the shop's data is ${backup.name} again`);
  return exits.yes;
}

export const backupCommands: Readonly<Record<string, Command>> = {
  backups: {
    usage:
      'backups list [--json] | prove NAME [--json] | pin NAME | unpin | pinned | room --volume V | make NAME --volume V | drop NAME | restore NAME',
    about:
      'copies of the database; NAME is also newest, older or pinned. prove: 3 where it cannot be restored; room: 3 where a disk has none for one more; restore: only while no instance runs',
    run: backups,
  },
};
