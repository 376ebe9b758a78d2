import { expect, test } from 'vitest';
import { wordsThatRun } from '../../src/runbook/words-that-run.ts';

/* R7.3: every script is known, so that it can be looked at right before it runs. */

test.each([
  [['./go.sh', 'down'], ['./go.sh']],
  [['tools/go', 'x'], ['tools/go']],
  [['/usr/bin/psql', '-f', 'x.sql'], []],
  [['python3', '-u', 'migrate.py', 'down'], ['migrate.py']],
  [['python3', '-W', 'ignore', 'migrate.py'], ['migrate.py']],
  [['/usr/bin/env', 'python3', 'migrate.py'], ['migrate.py']],
  [['python3', '-m', 'http.server'], []],
  [['python3', '-c', 'print(1)', 'x.py'], []],
  [
    ['node', '--enable-source-maps', '-r', './hook.cjs', 'tool.mjs'],
    ['tool.mjs', './hook.cjs'],
  ],
  [['node', '-e', '1', 'x.js'], []],
  [['deno', 'run', '--allow-net', 'tool.ts'], ['tool.ts']],
  [['bash', '-eux', 'deploy.sh'], ['deploy.sh']],
  [['bash', '-euo', 'pipefail', 'deploy.sh'], ['deploy.sh']],
  [['bash', '-s', 'deploy.sh'], []],
  [['sudo', '-u', 'app', 'bash', 'deploy.sh'], ['deploy.sh']],
  [['timeout', '5m', 'python3', 'migrate.py'], ['migrate.py']],
  [['timeout', '5m', './go.sh'], ['./go.sh']],
  [
    ['sh', '-c', './go.sh down; python3 -u migrate.py | tee out', 'x', './later.sh'],
    ['./go.sh', 'migrate.py', './later.sh'],
  ],
  [
    ['/bin/bash', '-euo', 'pipefail', '-c', './go.sh && A=1 bash deploy.sh'],
    ['./go.sh', 'deploy.sh'],
  ],
  [['sh', '-c', 'python3 "$1" && sh $FILE'], []],
  [['bash', null, 'deploy.sh'], []],
] as const)('%j runs %j', (argv, paths) => {
  expect(wordsThatRun(argv).map(({ path }) => path)).toEqual(paths);
});
