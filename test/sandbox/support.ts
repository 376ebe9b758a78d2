import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fields } from '../../src/sandbox/http.ts';
import { sandboxUp, type Sandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { builtProgram } from '../cli/built-program.ts';

/** The sandbox's program as it ships: every `shopctl` is a process, and a bundle starts in half the time. */
export const sandboxEntry = async (): Promise<string> =>
  path.resolve(path.dirname(await builtProgram()), '../dist/sandbox.js');

/** A sandbox that cannot outlive the test's process. */
export const startSandbox = async (options: Partial<SandboxOptions> = {}): Promise<Sandbox> =>
  sandboxUp({
    seed: 7,
    speed: 60,
    entry: options.entry ?? (await sandboxEntry()),
    runtime: process.execPath,
    parentPid: process.pid,
    ...options,
  });

export interface Ran {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the sandbox's own command as an operator's runbook does: by name, over the PATH. */
export function shopctl(sandbox: Sandbox, ...args: readonly string[]): Promise<Ran> {
  return runCommand([path.join(sandbox.bin, 'shopctl'), ...args], sandbox.env);
}

export function runCommand(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const [program = '', ...args] = argv;
    const child = spawn(program, args, {
      env: { PATH: '/usr/bin:/bin', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.once('error', reject);
    child.once('close', (exit) => resolve({ exit, out: out.trim(), err: err.trim() }));
  });
}

/** Runs a command that has to succeed. */
export async function must(sandbox: Sandbox, ...args: readonly string[]): Promise<string> {
  const ran = await shopctl(sandbox, ...args);
  if (ran.exit !== 0)
    throw new Error(`shopctl ${args.join(' ')} ended with ${String(ran.exit)}: ${ran.out} ${ran.err}`);
  return ran.out;
}

/** The single value of a query, or null where the answer is empty. */
export async function measure(sandbox: Sandbox, query: string): Promise<number | null> {
  const response = await fetch(
    `${sandbox.values.prometheus}/api/v1/query?query=${encodeURIComponent(query)}`,
  );
  const { data } = (await response.json()) as {
    readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
  };
  const value = data.result[0]?.value[1];
  return value === undefined ? null : Number(value);
}

/** Asks until the answer is the wanted one; a wait that fails shows the last answer. */
export async function waitUntil<T>(
  what: string,
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
  withinMs = 45_000,
): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (performance.now() > until)
      throw new Error(`waited in vain for ${what}; last: ${JSON.stringify(answer)}`);
    await pause(25);
  }
}

export const checkoutErrors =
  'sum(rate(shop_requests_total{route="/checkout",status=~"5.."}[2m])) / sum(rate(shop_requests_total{route="/checkout"}[2m]))';

/** Waits until more than this share of the checkouts fails: what is armed takes a moment to show in the figures. */
export const errorsShow = (sandbox: Sandbox, above: number): Promise<number | null> =>
  waitUntil(
    'errors at the checkout',
    () => measure(sandbox, checkoutErrors),
    (share) => (share ?? 0) > above,
  );

export const instances = ['shop1', 'shop2', 'shop3', 'shop4'] as const;

/** The way back that needs nothing but shopctl; a test steps in where its fault bites. */
export async function freezeAndTransform(sandbox: Sandbox): Promise<void> {
  await must(sandbox, 'ci', 'pause');
  await must(sandbox, 'jobs', 'pause');
  await must(sandbox, 'freeze');
  await must(sandbox, 'transform');
}

export async function deployAll(sandbox: Sandbox, version: string): Promise<void> {
  for (const name of instances) await must(sandbox, 'deploy', name, version);
}

export const readObject = (text: string): Readonly<Record<string, unknown>> => fields(text);
