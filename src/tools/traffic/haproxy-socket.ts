import { connect } from 'node:net';
import { OperatorError, exitCode } from '../../errors.ts';

const timeoutMs = 5_000;

/**
 * One command on HAProxy's runtime API, and its answer. The socket is a path, or `host:port`. A proxy that does not
 * answer is unknown (30), and a command that it refuses is an answer of no (3).
 */
export async function askHaproxy(socket: string, command: string): Promise<string> {
  const [, host, port] = /^([^/]+):(\d+)$/.exec(socket) ?? [];
  const text = await new Promise<string>((resolve, reject) => {
    const connection = host === undefined ? connect(socket) : connect(Number(port), host);
    let answer = '';
    connection.setEncoding('utf8');
    connection.setTimeout(timeoutMs, () =>
      connection.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)),
    );
    connection.on('data', (bytes: string) => (answer += bytes));
    connection.on('error', reject);
    connection.on('close', () => resolve(answer));
    connection.end(`${command}\n`);
  }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new OperatorError(
      `HAProxy does not answer at ${socket}: ${why}.`,
      ['Look whether it runs, and whether `stats socket … level admin` is in its configuration.'],
      {
        exitCode: exitCode.unknown,
        cause: error,
      },
    );
  });
  return text.trim();
}

/** A command whose answer must be empty. */
export async function tellHaproxy(socket: string, command: string): Promise<void> {
  const answer = await askHaproxy(socket, command);
  if (answer !== '')
    throw new OperatorError(
      `HAProxy refused \`${command}\`: ${answer}`,
      ['Mend what it names; look at the weights again.'],
      {
        exitCode: exitCode.failed,
      },
    );
}
