import { execa } from 'execa';

/** An alarm that hangs must not pile up beside the ones that follow it. */
const alarmLimitMs = 10_000;

/**
 * Runs the person's own alarm (shell words by custom, as `$PAGER`) with the text as its last argument. Whether it
 * worked changes nothing: the bell has rung, and the prompt stays.
 */
export async function ringAlarm(
  env: Readonly<Record<string, string>>,
  program: string,
  text: string,
): Promise<void> {
  await execa('sh', ['-c', `${program} "$1"`, 'sh', text], {
    stdio: 'ignore',
    reject: false,
    timeout: alarmLimitMs,
    env,
    extendEnv: false,
  });
}
