import { Argument } from 'commander';
import { json } from '../options.ts';
import type { ToolKit } from './tool-kit.ts';

/** `walkback freeze …`: takes the right to write away, proves it, and gives it back exactly. */
export function addFreezeCommands({ around, command, examples, done }: ToolKit): void {
  const freeze = command(
    'freeze',
    'stop an application’s writes, prove it by writes that are refused, and give everything back to the letter',
    'freeze pg --roles shop_app --application APP_DATABASE_URL',
  );
  freeze
    .command('pg')
    .description(
      'take the rights to write from roles; DATABASE_URL or PG* say where, as the owner of the tables',
    )
    .option('--roles <names>', 'the roles of the application, with commas')
    .option(
      '--application <variable>',
      'the variable that holds the application’s own address: writes are tried by it',
    )
    .option('--drain <duration>', 'how long transactions that wrote before may take to end', '10s')
    .option('--quiet <duration>', 'how long no row may change', '1500ms')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples('freeze pg --roles shop_app,shop_worker --application APP_DATABASE_URL')}
What was granted is kept in the database itself (walkback.freeze): any machine can thaw it. It is never thawed by itself.
Exit codes: 0 frozen, and every write was seen to fail · 3 refused (superuser, owner, write_all_data, another_role,
another_database, still_granted), or a write gets through · 30 not proven`,
    )
    .action(async (options) => {
      const { freezePostgres } = await import('./freeze-run.ts');
      done(await freezePostgres(around, options));
    });
  freeze
    .command('sqlite <file>')
    .description('refuse every write to a file by triggers; walkback’s own commands write on')
    .option('--except <tables>', 'tables that stay open, with commas: the migration tool’s own', '')
    .option('--drain <duration>', 'how long a transaction that writes may take to end', '10s')
    .option('--quiet <duration>', 'how long nothing may be committed', '500ms')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples('freeze sqlite shop.db --except schema_migrations')}
Triggers hold for every process at once, open or new, and survive a crash. They do not hold for changes of the schema: a
table that is made anew is open, and \`state\` says so. Called again it closes that too.
Exit codes: 0 frozen, and every write was seen to fail · 3 refused (virtual_table, no_such_table, frozen_otherwise), or a
write gets through · 30 the file cannot be read`,
    )
    .action(async (file: string, options) => {
      const { freezeSqliteFile } = await import('./freeze-sqlite.ts');
      done(await freezeSqliteFile(around, file, options));
    });
  freeze
    .command('stores <plan>')
    .description('freeze several databases as one: all of them, or none')
    .option('--names <ids>', 'the ids of the plan, with commas, as the debt names them: others are refused')
    .option('--drain <duration>', 'how long transactions that wrote before may take to end, in each', '10s')
    .option('--quiet <duration>', 'how long no row may change, in each', '1500ms')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples('freeze stores ./stores.yaml --names orders,cart')}
The plan is a small file; addresses are the names of variables:
  walkback_freeze: 1
  stores:
    - { id: orders, postgres: PG_ORDERS, application: PG_ORDERS_APP, roles: [orders_app] }
    - { id: cart, sqlite: data/cart.db, except: [schema_migrations] }
Where one is not frozen and proven, those that this call has frozen thaw again, in reverse. After a crash call it again.
Exit codes: 0 all are frozen, each proven · 3 one is refused or leaks · 30 one cannot be told`,
    )
    .action(async (plan: string, options) => {
      const { freezeStoreFile } = await import('./freeze-stores.ts');
      done(await freezeStoreFile(around, plan, options));
    });
  freeze
    .command('proxy')
    .description('have HAProxy or nginx refuse every write, in what runs and in its file')
    .addArgument(new Argument('<what>', 'freeze, thaw, or say how it is').choices(['on', 'off', 'state']))
    .option('--haproxy <socket>', 'its runtime API: a path, or host:port')
    .option('--nginx', 'nginx, which is reloaded')
    .requiredOption('--file <file>', 'the map of HAProxy, or what nginx includes: it has the switch')
    .option('--map <name>', 'the map as HAProxy’s configuration names it, where that is not the same path')
    .option('--main <file>', 'the configuration of nginx, where it is not the usual one')
    .option('--write <url>', 'through the proxy, where an empty POST does no harm: it has to be refused')
    .option('--within <duration>', 'how long the proxy may take', '10s')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples(
        'freeze proxy on --haproxy /run/haproxy/admin.sock --file /etc/haproxy/writes.map --write http://shop.example/orders',
        'freeze proxy off --nginx --file /etc/nginx/writes.conf',
      )}
HAProxy: a map with the line \`writes open\`, and in the frontend
  http-request return status 503 hdr x-walkback-freeze yes if { method POST PUT PATCH DELETE } { str(writes),map(/etc/haproxy/writes.map) -m str frozen }
nginx: a file with the line \`set $walkback_writes open;\`, included in each location that writes, and after it
  set $walkback_asked $walkback_writes$request_method;
  if ($walkback_asked ~ "^frozen(POST|PUT|PATCH|DELETE)$") { add_header x-walkback-freeze yes always; return 503; }
What does not go through the proxy writes on.
Exit codes: 0 done, a write was refused on an old and on a new connection · 3 one gets through, or file and proxy differ · 30
nobody answers`,
    )
    .action(async (what: 'on' | 'off' | 'state', options) => {
      const { freezeProxy } = await import('./freeze-proxy.ts');
      done(await freezeProxy(around, what, options));
    });
  freeze
    .command('state')
    .description('open, frozen or leaking, by the grants or the triggers; changes nothing')
    .option('--sqlite <file>', 'of a file of SQLite; else of PostgreSQL')
    .option('--stores <plan>', 'of every store of a plan: `partly` where they differ')
    .addOption(json())
    .addHelpText(
      'after',
      examples('freeze state', 'freeze state --sqlite shop.db', 'freeze state --stores ./stores.yaml'),
    )
    .action(async (options) => {
      const { stateOfFreeze } = await import('./freeze-run.ts');
      done(await stateOfFreeze(around, options));
    });
  freeze
    .command('thaw')
    .description('give every right back as it was; called again, it does nothing')
    .option('--sqlite <file>', 'a file of SQLite; else PostgreSQL')
    .option('--stores <plan>', 'every store of a plan, in reverse')
    .addOption(json())
    .addHelpText(
      'after',
      examples('freeze thaw', 'freeze thaw --sqlite shop.db', 'freeze thaw --stores ./stores.yaml'),
    )
    .action(async (options) => {
      const { thaw } = await import('./freeze-run.ts');
      done(await thaw(around, options));
    });
}
