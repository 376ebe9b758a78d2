/** The one entry of every process of the sandbox: `main.ts ROLE …`. Roles are imported when asked for, to start quickly. */
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
        WALKBACK_SANDBOX: process.env['WALKBACK_SANDBOX'] ?? '',
        WALKBACK_SANDBOX_ROLE: 'git',
      },
      entry,
    );
    break;
  case 'shopctl':
    process.exitCode = await (
      await import('./shopctl/shopctl.ts')
    ).runShopctl(rest, process.env['WALKBACK_SANDBOX'], {
      out: (text) => process.stdout.write(`${text}\n`),
      err: (text) => process.stderr.write(`${text}\n`),
    });
    break;
  default:
    process.stderr.write(`there is no role ${JSON.stringify(role)}\n`);
    process.exitCode = 2;
}
