import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/actions/clock.ts';
import { openMeasurer, type MeasurerOptions } from '../../../src/actions/measure/measurer.ts';
import { redactor } from '../../../src/actions/redact.ts';
import { OperatorError } from '../../../src/errors.ts';
import type { Command, Probe, ProbeSource, Template } from '../../../src/runbook/model/values.ts';
import type { Fill, Measured } from '../../../src/session/ports.ts';

const at = { file: 'runbook.yaml', line: 1, column: 1 };
export const template = (text: string): Template => ({ parts: [text], at });
/** A place that has no value. */
export const unset: Template = { parts: [{ source: 'inputs.gone', at, probes: [] }], at };

export const fill: Fill = ({ parts }) =>
  parts
    .map((part) => {
      if (typeof part === 'string') return part;
      throw new OperatorError(`${part.source} is not set`, ['Set it.']);
    })
    .join('');

export const command = (argv: readonly string[], more: Partial<Command> = {}): Command => ({
  program: { kind: 'argv', argv: argv.map(template) },
  env: {},
  where: { kind: 'workstation' },
  tty: false,
  timeoutMs: 5_000,
  at,
  ...more,
});

export const probe = (source: ProbeSource, more: Partial<Probe> = {}): Probe => ({
  id: null,
  source,
  json: null,
  pattern: null,
  times: 1,
  reduce: 'last',
  unit: null,
  timeoutMs: 10_000,
  at,
  ...more,
});

export const run = (argv: readonly string[], more: Partial<Probe> = {}) =>
  probe({ kind: 'run', command: command(argv) }, more);
export const node = (script: string, more: Partial<Probe> = {}) =>
  run([process.execPath, '-e', script], more);

/** Removed, with what is in it, when the test is over. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'walkback-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const path = (): string => process.env['PATH'] ?? '/usr/bin:/bin';

export function testMeasurer(options: Partial<MeasurerOptions> = {}) {
  const measurer = openMeasurer({
    connections: {},
    clock: systemClock(),
    domainNow: () => systemClock().now().ms,
    env: { PATH: path() },
    cwd: testFolder(),
    redactor: redactor([]),
    ...options,
  });
  onTestFinished(() => measurer.close());
  return measurer;
}

/** Measures one probe with a measurer of its own. */
export const measure = (
  one: Probe,
  options: Partial<MeasurerOptions> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Measured> => testMeasurer(options).measure(one, fill, signal);

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A real server on a free port of the loopback; gone when the test is over. */
export async function serve(handler: Handler): Promise<string> {
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => handler(request, response, Buffer.concat(parts).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
