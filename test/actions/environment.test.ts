import { expect, test } from 'vitest';
import { childEnvironment } from '../../src/actions/environment.ts';

test('what operators’ tools need is passed on, and nothing that was exported by chance', () => {
  const needed = {
    PATH: '/bin',
    HOME: '/home/ana',
    LANG: 'C.UTF-8',
    LC_TIME: 'de_DE.UTF-8',
    KUBECONFIG: '/k',
    AWS_PROFILE: 'prod',
    AWS_SESSION_TOKEN: 't',
    PGPASSWORD: 'p',
    SSH_AUTH_SOCK: '/s',
    ERRORS_AUTHORIZATION: 'Bearer t', // of our own `errors` and `silence`, which runbooks call
    ALERTMANAGER_AUTHORIZATION: 'Bearer a',
  };
  const chance = {
    FORCE_COLOR: '1',
    NODE_OPTIONS: '--inspect',
    NODE_ENV: 'test',
    BASH_ENV: '/x.sh',
    LD_PRELOAD: '/x.so',
    WALKBACK_ATTEMPT: 'outer#1',
    WALKBACK_CRASH: 'spawned:host:/x',
  };
  expect(childEnvironment({ ...needed, ...chance, UNSET: undefined })).toEqual(needed);
});

test('names that are asked for are passed on too, but never ours', () => {
  const env = { DEPLOY_KEY: 't', WALKBACK_SESSION: 'outer', NODE_OPTIONS: '--inspect' };
  expect(childEnvironment(env, ['DEPLOY_KEY', 'WALKBACK_SESSION', 'NODE_OPTIONS', 'MISSING'])).toEqual({
    DEPLOY_KEY: 't',
  });
});
