import type { Command } from 'commander';
import { json } from '../options.ts';
import type { ToolKit } from './tool-kit.ts';

const place = (command: Command): Command =>
  command
    .option('--postgres', 'in PostgreSQL, from DATABASE_URL or PG* in the environment')
    .option('--file <file>', 'in a file on this machine, made where there is none');

/** `walkback lease …`: who may change something, one at a time, by the clock of the database. */
export function addLeaseCommands({ around, command, examples, done }: ToolKit): void {
  const lease = command(
    'lease',
    'who may change something, one at a time; a stale holder is refused by its token',
    'lease acquire shop-db --postgres --holder 20260301-0312 --ttl 60s',
  );
  place(lease.command('acquire <resource>').description('take it where nobody holds it; prints its token'))
    .requiredOption('--holder <name>', 'who takes it: the session, say')
    .option('--ttl <span>', 'how long it is held without being renewed', '60s')
    .option('--wait <span>', 'how long to wait for it', '0s')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples('lease acquire shop-db --postgres --holder 20260301-0312 --ttl 60s --wait 2m')}
Who holds it already keeps the token. Exit codes: 0 held · 3 somebody else holds it · 30 the database does not answer`,
    )
    .action(async (resource: string, options) => {
      const { acquire } = await import('./lease.ts');
      done(await acquire(around, resource, options));
    });
  place(lease.command('renew <resource>').description('the whole time again, for who still holds it'))
    .requiredOption('--holder <name>', 'who holds it')
    .requiredOption('--token <number>', 'its token')
    .option('--ttl <span>', 'how long it is held without being renewed', '60s')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples('lease renew shop-db --postgres --holder 20260301-0312 --token 7')}
Exit codes: 0 held · 3 lost: it ran out or somebody else took it · 30 the database does not answer`,
    )
    .action(async (resource: string, options) => {
      const { renew } = await import('./lease.ts');
      done(await renew(around, resource, options));
    });
  place(lease.command('release <resource>').description('give it back; tokens go on rising'))
    .requiredOption('--holder <name>', 'who holds it')
    .option('--token <number>', 'its token')
    .addOption(json())
    .addHelpText('after', examples('lease release shop-db --postgres --holder 20260301-0312'))
    .action(async (resource: string, options) => {
      const { release } = await import('./lease.ts');
      done(await release(around, resource, options));
    });
  place(lease.command('state <resource>').description('who holds it, with which token, until when'))
    .option('--holder <name>', 'end with 3 unless it is held by this one')
    .addOption(json())
    .addHelpText('after', examples('lease state shop-db --postgres --json'))
    .action(async (resource: string, options) => {
      const { state } = await import('./lease.ts');
      done(await state(around, resource, options));
    });
  lease
    .command('guard-sql <resource>')
    .description('the SQL that lets a database refuse a stale holder by itself')
    .option('--sqlite', 'for SQLite; PostgreSQL unless given')
    .addHelpText(
      'after',
      `${examples('lease guard-sql shop-db')}
The second statement takes the token of WALKBACK_FENCE: psql -v WALKBACK_FENCE="$WALKBACK_FENCE" -1 -f change.sql`,
    )
    .action(async (resource: string, options) => {
      const { guard } = await import('./lease.ts');
      done(guard(around, resource, options));
    });
}
