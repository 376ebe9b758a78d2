import { resolve } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import { haproxyGate, nginxGate, type Gate } from '../../tools/freeze/gate.ts';
import { mustBeUrl, openSession, proveGate } from '../../tools/freeze/gate-probe.ts';
import type { Surroundings } from '../surroundings.ts';
import { duration, textOf } from './freeze-text.ts';

interface ProxyFlags {
  readonly haproxy?: string;
  readonly nginx?: true;
  readonly file: string;
  readonly map?: string;
  readonly main?: string;
  readonly write?: string;
  readonly within: string;
  readonly json?: true;
}

/**
 * `walkback freeze proxy on`, `off` and `state`: 0 frozen and seen to refuse (`on`), open (`off`), agreed (`state`); 3 a
 * write gets through, or what runs is not what is written; 30 nobody answers.
 */
export async function freezeProxy(
  around: Surroundings,
  wanted: 'on' | 'off' | 'state',
  flags: ProxyFlags,
): Promise<number> {
  const gate = gateAt(around, flags);
  if (wanted === 'state') return stateOfGate(around, gate, flags);
  if (wanted === 'off') {
    await gate.set('open');
    return stateOfGate(around, gate, flags);
  }
  if (flags.write === undefined)
    throw new OperatorError('Only a write that is refused proves a freeze.', [
      'Give --write URL, where an empty POST does no harm.',
    ]);
  const [url, withinMs] = [mustBeUrl(flags.write), duration('--within', flags.within)];
  const existing = openSession(url);
  try {
    await existing.look();
    await gate.set('frozen');
    const proof = await proveGate(existing, url, withinMs);
    const lines = [
      { frozen: 'frozen: a write was refused on a connection that was there before, and on a new one', leaking: 'writes get through', unproven: 'frozen in its file, and not proven' }[proof.state],
      ...proof.leaks.map((leak) => `  ✘ ${leak}`),
      ...proof.unproven.map((why) => `  ? ${why}`),
    ]; // prettier-ignore
    around.write(flags.json === true ? `${JSON.stringify(proof, null, 2)}\n` : textOf(lines));
    return { frozen: exitCode.done, leaking: exitCode.failed, unproven: exitCode.unknown }[proof.state];
  } finally {
    existing.close();
  }
}

async function stateOfGate(around: Surroundings, gate: Gate, flags: ProxyFlags): Promise<number> {
  const [written, running] = [await gate.written(), await gate.running()];
  const isDrift = running !== null && running !== written;
  const text = isDrift ? `drift: ${running} in what runs, ${written} in the file` : written;
  around.write(flags.json === true ? `${JSON.stringify({ written, running })}\n` : textOf([text]));
  return isDrift ? exitCode.failed : exitCode.done;
}

function gateAt({ cwd, env }: Surroundings, flags: ProxyFlags): Gate {
  if ((flags.haproxy === undefined) === (flags.nginx === undefined))
    throw new OperatorError('Which proxy?', ['Give one of --haproxy SOCKET and --nginx.']);
  const file = resolve(cwd, flags.file);
  if (flags.haproxy !== undefined) return haproxyGate(flags.haproxy, file, flags.map ?? file);
  const main = flags.main === undefined ? [] : ['-c', resolve(cwd, flags.main)];
  return nginxGate(file, ['nginx', ...main, '-t'], ['nginx', ...main, '-s', 'reload'], env);
}
