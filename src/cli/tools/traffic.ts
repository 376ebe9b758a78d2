import { Option, type Command } from 'commander';
import { json } from '../options.ts';
import type { ToolKit } from './tool-kit.ts';

const again = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `walkback traffic …`: who gets the traffic, in the running proxy and in its file. */
export function addTrafficCommands({ around, command, examples, done }: ToolKit): void {
  const traffic = command(
    'traffic',
    'who gets the traffic: read, shift between two pools, count; in the running proxy and in its file',
    'traffic read --haproxy /run/haproxy/admin.sock --config /etc/haproxy/haproxy.cfg --backend shop --prior blue1 --current green1',
  );
  const place = (one: Command): Command =>
    one
      .option('--haproxy <socket>', 'the runtime API of HAProxy: a path, or host:port')
      .option('--nginx <url>', 'where nginx returns $walkback_weights')
      .requiredOption('--config <file>', 'the file that the weights stand in')
      .requiredOption('--backend <name>', 'the backend, or the upstream')
      .option('--main <file>', 'nginx: the main configuration, which includes the other')
      .option('--check <words>', 'HAProxy: what looks at the new file, instead of "haproxy -c -f {file}"')
      .option('--reload <words>', 'nginx: what makes it load its file, instead of "nginx -s reload"')
      .option('--ready <name=url>', 'nginx: the health page of a server; again for each', again, []);
  const pools = (one: Command): Command =>
    place(one)
      .requiredOption('--prior <names>', 'servers of the prior release, by commas')
      .requiredOption('--current <names>', 'servers of the current release, by commas');
  const base = '--haproxy admin.sock --config haproxy.cfg --backend shop';

  pools(traffic.command('read'))
    .description('the weights that run and those in the file; 3 where they differ')
    .option('--exact', 'print the running weights only, as `restore` takes them')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples(`traffic read ${base} --prior blue1,blue2 --current green1,green2`)}
Exit codes: 0 both are the same · 3 they differ: a reload would change who is served · 30 the proxy does not answer.

nginx has no way to tell its weights but by its own file. Put this into the one that --config names, with the server names as
comments, and let a location on loopback return the variable for --nginx:

  upstream shop {
    server 10.0.0.1:8081 down; # blue1
    server 10.0.0.2:8082;      # green1
  }
  map $host $walkback_weights { default "blue1=0 green1=1"; }

  location = /weights { allow 127.0.0.1; deny all; return 200 $walkback_weights; }`,
    )
    .action(async (options) => done(await (await import('./traffic-commands.ts')).read(around, options)));
  traffic
    .command('running')
    .description('HAProxy: its file with the weights that run, to see what was changed at run time only')
    .requiredOption('--haproxy <socket>', 'its runtime API: a path, or host:port')
    .requiredOption('--config <file>', 'the file that the weights stand in')
    .requiredOption('--backend <name>', 'the backend')
    .addHelpText(
      'after',
      `${examples(`traffic running ${base}`)}
Exit codes: 0 printed · 30 the proxy does not answer. As a capture of \`drift:\` it finds weights that somebody set by hand,
and its patch writes them into the file.`,
    )
    .action(async (options) => done(await (await import('./traffic-commands.ts')).running(around, options)));
  pools(traffic.command('shift'))
    .description('give the prior pool a share of the traffic, in the running proxy and in the file')
    .requiredOption('--to <percent>', 'the share of the prior pool, 0 to 100')
    .option('--least <servers>', 'servers of a pool that must be healthy; all of them if it is left out')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples(`traffic shift ${base} --prior blue1,blue2 --current green1,green2 --to 10`)}
Exit codes: 0 shifted, and read back · 3 refused: a pool is not healthy, or the new file is · 30 unknown. It can be called
again at any point: the weights are absolute.`,
    )
    .action(async (options) => done(await (await import('./traffic-commands.ts')).shift(around, options)));
  pools(traffic.command('restore'))
    .description('put exact weights back, in the running proxy and in the file')
    .requiredOption('--weights <weights>', 'as `read --exact` prints them: "blue1=0 green1=1"')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples(`traffic restore ${base} --prior blue1 --current green1 --weights "blue1=0 green1=1"`)}
Exit codes: 0 as they were · 3 refused · 30 unknown.`,
    )
    .action(async (options) => done(await (await import('./traffic-commands.ts')).restore(around, options)));
  pools(traffic.command('ready'))
    .description('is a pool healthy, as the proxy sees it? 0 yes · 3 no · 30 nobody checks it')
    .addOption(new Option('--pool <pool>', 'which one').choices(['prior', 'current']).default('prior'))
    .option('--least <servers>', 'so many of them are enough; all if it is left out')
    .addOption(json())
    .addHelpText('after', examples(`traffic ready ${base} --prior blue1,blue2 --current green1,green2`))
    .action(async (options) => done(await (await import('./traffic-commands.ts')).ready(around, options)));
  traffic
    .command('census')
    .description('ask as customers do, and count who answers')
    .requiredOption('--url <url>', 'an address behind the proxy')
    .requiredOption('--value <text>', 'what the prior release answers')
    .requiredOption('--share <percent>', 'how much of it is expected')
    .option('--times <number>', 'requests, each on a connection of its own', '200')
    .option('--header <name>', 'a header of the answer that tells')
    .option('--path <path>', 'a value of its JSON that tells, like $.version')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples('traffic census --url http://127.0.0.1:8080/version --path $.version --value 1.9.3 --share 10')}
Exit codes: 0 within the band that 99 of 100 such censuses fall into · 3 outside, or a request failed · 30 none was answered.`,
    )
    .action(async (options) =>
      done(await (await import('./traffic-commands.ts')).countAnswers(around, options)),
    );
}
