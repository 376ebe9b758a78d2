import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ClockBase } from './clock.ts';

/** The addresses that an environment's `values` get. */
export interface SandboxValues {
  readonly proxy: string;
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly chat: string;
  readonly data: string;
  readonly platform: string;
  readonly flags: string;
  readonly payments: string;
  /** The runtime API of the proxy, and the file that it starts from, as HAProxy has them. */
  readonly haproxy: string;
  readonly haproxy_config: string;
  /** What went wrong in the instances: one JSON object a line. */
  readonly log: string;
}

/** `sandbox.json`: what is known about a sandbox, from its first moment on. */
export interface SandboxState {
  readonly format: 1;
  readonly status: 'starting' | 'up';
  readonly folder: string;
  readonly seed: number;
  readonly speed: number;
  /** The platform's process, and the process group of everything else. */
  readonly pid: number | null;
  readonly clock: ClockBase | null;
  readonly values: SandboxValues | null;
  readonly instances: readonly { readonly name: string; readonly url: string }[];
  /** Domain time of the release, epoch milliseconds; null where the shop still runs the previous one. */
  readonly releasedAt: number | null;
}

const stateFile = (folder: string): string => path.join(folder, 'sandbox.json');
export const tokenFile = (folder: string): string => path.join(folder, 'token');

export const shopLog = (folder: string): string => path.join(folder, 'log', 'shop.log');

export function writeState(state: SandboxState): void {
  const file = stateFile(state.folder);
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The state of the sandbox in a folder, or null where there is none. */
export function readState(folder: string): SandboxState | null {
  const text = readText(stateFile(folder));
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'format' in value && value.format === 1
      ? (value as SandboxState)
      : null;
  } catch {
    return null;
  }
}

export const readToken = (folder: string): string | null => readText(tokenFile(folder))?.trim() ?? null;

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
