/** The one entry of every process of the sandbox: `main.ts ROLE …`. Roles are imported when asked for, to start quickly. */
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import path from 'node:path';

const folder = process.env['WALKBACK_SANDBOX'] ?? '';
// Kept in the sandbox itself, so that it goes with it; never in a folder that is not one.
if (folder !== '' && existsSync(path.join(folder, 'token'))) enableCompileCache(path.join(folder, '.cache'));

const [role = '', ...rest] = process.argv.slice(2);
const entry = process.argv[1] ?? '';

switch (role) {
  case 'shop':
    (await import('./shop/shop-process.ts')).runShopProcess();
    break;
  case 'proxy':
    (await import('./proxy/proxy.ts')).runProxyProcess();
    break;
  case 'report':
    (await import('./platform/report-session.ts')).runReportProcess();
    break;
  case 'platform':
    (await import('./platform/platform-process.ts')).runPlatformProcess(
      {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        WALKBACK_SANDBOX: folder,
        WALKBACK_SANDBOX_ROLE: 'git',
      },
      entry,
    );
    break;
  case 'shopctl':
    process.exitCode = await (
      await import('./shopctl/shopctl.ts')
    ).runShopctl(rest, folder === '' ? undefined : folder, {
      out: (text) => process.stdout.write(`${text}\n`),
      err: (text) => process.stderr.write(`${text}\n`),
    });
    break;
  default:
    process.stderr.write(`there is no role ${JSON.stringify(role)}\n`);
    process.exitCode = 2;
}
