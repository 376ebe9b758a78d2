import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { OperatorError, exitCode } from '../../errors.ts';
import { parseWeights, weightsText, type Proxy, type ServerHealth, type Weights } from './model.ts';
import { nginxWithWeights, tellsWeights, weightsInNginx } from './nginx-config.ts';
import { runTool } from './run-tool.ts';
import { replaceFile } from './write-file.ts';

export interface NginxPlace {
  /** Where nginx itself answers `$walkback_weights`. */
  readonly status: string;
  /** The file with the upstream, which its main configuration includes. */
  readonly config: string;
  readonly upstream: string;
  /** Checks the whole configuration, and makes nginx load it. */
  readonly check: readonly string[];
  readonly reload: readonly string[];
  /** Server name → address of its health page: nginx does not check its servers. */
  readonly ready: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

/** After a reload the old workers answer for a moment. */
const loadedWithinMs = 10_000;

/** nginx: weights live in its file, and reach what runs by a reload. */
export function nginx(place: NginxPlace): Proxy {
  const { status, config, upstream, check, reload, ready, env } = place;

  async function written(): Promise<Weights> {
    const text = await readFile(config, 'utf8');
    const weights = weightsInNginx(text, upstream);
    if (Object.keys(weights).length === 0)
      throw new OperatorError(`${config} has no upstream ${upstream} whose servers have names.`, [
        'Write the name of each server behind it: server 127.0.0.1:8081; # blue1',
      ]);
    if (!tellsWeights(text))
      throw new OperatorError(`Nothing in ${config} tells which weights nginx has loaded.`, [
        'Add: map $host $walkback_weights { default ""; } and a location on loopback that returns it.',
      ]);
    return weights;
  }

  async function running(): Promise<Weights> {
    const text = await fetch(status, { signal: AbortSignal.timeout(5_000) })
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(`HTTP ${answer.status}`))))
      .catch((error: unknown) => {
        throw new OperatorError(
          `nginx does not tell its weights at ${status}: ${String(error)}.`,
          ['Look whether it runs, and whether that location is there.'],
          {
            exitCode: exitCode.unknown,
            cause: error,
          },
        );
      });
    const weights = parseWeights(text);
    if (weights === null)
      throw new OperatorError(
        `What ${status} answers are no weights: ${text.slice(0, 200)}`,
        ['Let it return $walkback_weights.'],
        {
          exitCode: exitCode.unknown,
        },
      );
    return weights;
  }

  return {
    written,
    running,
    health: (names) =>
      Promise.all(
        names.map(async (name): Promise<ServerHealth> => {
          const url = ready[name];
          if (url === undefined)
            return { name, healthy: null, detail: 'nobody checks it: give --ready NAME=URL' };
          return fetch(url, { signal: AbortSignal.timeout(5_000) }).then(
            ({ ok, status: code }) => ({ name, healthy: ok, detail: `HTTP ${code}` }),
            (error: unknown) => ({ name, healthy: false, detail: String(error) }),
          );
        }),
      ),
    async set(weights) {
      const before = await readFile(config, 'utf8');
      const all = { ...(await written()), ...weights };
      const after = nginxWithWeights(before, upstream, weights, weightsText(all));
      if (after !== before) {
        await replaceFile(config, { before, after }, () => Promise.resolve());
        try {
          await runTool(check, env, 'The new configuration is refused');
        } catch (error) {
          // it can only be checked in its place: what was there before comes back
          await replaceFile(config, { before: after, after: before }, () => Promise.resolve());
          throw error;
        }
      }
      if (weightsText(await running()) === weightsText(all)) return;
      await runTool(reload, env, 'nginx does not load it');
      const until = performance.now() + loadedWithinMs;
      while (weightsText(await running()) !== weightsText(all)) {
        if (performance.now() > until)
          throw new OperatorError('nginx has not loaded the new weights.', ['Look at its error log.'], {
            exitCode: exitCode.unknown,
          });
        await pause(50);
      }
    },
  };
}
