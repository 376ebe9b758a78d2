import { readFile } from 'node:fs/promises';
import { OperatorError, exitCode } from '../../errors.ts';
import { haproxyWithWeights, weightsInHaproxy } from './haproxy-config.ts';
import { askHaproxy, tellHaproxy } from './haproxy-socket.ts';
import type { Proxy, ServerHealth, Weights } from './model.ts';
import { runTool } from './run-tool.ts';
import { replaceFile } from './write-file.ts';

export interface HaproxyPlace {
  /** Of the runtime API: a path, or `host:port`. */
  readonly socket: string;
  readonly config: string;
  readonly backend: string;
  /** Checks a configuration; `{file}` is where the new one lies. */
  readonly check: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** HAProxy: the runtime API for what runs, its configuration for what it starts with. */
export function haproxy({ socket, config, backend, check, env }: HaproxyPlace): Proxy {
  const none = (where: string): OperatorError =>
    new OperatorError(`There is no backend ${backend} in ${where}.`, [
      'Name the backend as its configuration does.',
    ]);

  async function written(): Promise<Weights> {
    const weights = weightsInHaproxy(await readFile(config, 'utf8'), backend);
    if (Object.keys(weights).length === 0) throw none(config);
    return weights;
  }

  async function running(): Promise<Weights> {
    const rows = tableOf(await askHaproxy(socket, `show servers state ${backend}`), ' ');
    const weights = rows.flatMap((row) =>
      row['be_name'] === backend ? [[row['srv_name'] ?? '', Number(row['srv_uweight'])] as const] : [],
    );
    if (weights.length === 0) throw none('the running proxy');
    return Object.fromEntries(weights);
  }

  return {
    written,
    running,
    async health(names) {
      const rows = tableOf(await askHaproxy(socket, 'show stat'), ',');
      return names.map((name): ServerHealth => {
        const row = rows.find((one) => one['pxname'] === backend && one['svname'] === name);
        const status = row?.['status'];
        if (status === undefined) return { name, healthy: null, detail: 'the proxy does not know it' };
        if (status === 'no check') return { name, healthy: null, detail: 'the proxy does not check it' };
        const why = [status, row?.['check_desc'], row?.['last_chk']].filter(
          (text) => text !== undefined && text !== '',
        );
        return { name, healthy: status.startsWith('UP'), detail: why.join(', ') };
      });
    },
    async set(weights) {
      const before = await readFile(config, 'utf8');
      const after = haproxyWithWeights(before, backend, weights);
      const lacking = Object.keys(weights).find(
        (name) => !Object.hasOwn(weightsInHaproxy(before, backend), name),
      );
      if (lacking !== undefined)
        throw new OperatorError(`${config} has no server ${lacking} in ${backend}.`, [
          'Name the servers as it does.',
        ]);
      // the file first: what is cut off after it is drift that can be seen, and the next start has the new weights
      if (after !== before)
        await replaceFile(config, { before, after }, (candidate) =>
          runTool(
            check.map((word) => word.replaceAll('{file}', candidate)),
            env,
            'The new configuration is refused',
          ),
        );
      try {
        for (const [name, weight] of Object.entries(weights))
          await tellHaproxy(socket, `set server ${backend}/${name} weight ${weight}`);
      } catch (error) {
        // what it refuses it will never run with: the file does not say so either
        const refused = error instanceof OperatorError && error.exitCode === exitCode.failed;
        if (refused && after !== before)
          await replaceFile(config, { before: after, after: before }, () => Promise.resolve());
        throw error;
      }
    },
  };
}

/** A table of HAProxy: the line that begins with `#` names the columns. */
function tableOf(text: string, between: ' ' | ','): readonly Readonly<Record<string, string>>[] {
  const lines = text.split('\n');
  const head = lines.findIndex((line) => line.startsWith('#'));
  const names = (lines[head] ?? '').replace(/^#\s*/, '').split(between);
  if (head === -1)
    throw new OperatorError(
      `HAProxy answers something else: ${text.slice(0, 200)}`,
      ['Look at it by hand.'],
      {
        exitCode: exitCode.unknown,
      },
    );
  return lines.slice(head + 1).flatMap((line) => {
    const cells = line.split(between);
    return line.trim() === '' ? [] : [Object.fromEntries(names.map((name, at) => [name, cells[at] ?? '']))];
  });
}
