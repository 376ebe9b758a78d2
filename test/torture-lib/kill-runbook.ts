import { createHash } from 'node:crypto';

/**
 * The runbook that is killed: changes with and without a debt, with exit codes, guards, captures and probes, and the
 * release of a debt. Every command notes its begin and its end, and its effect is one line that it syncs to the disk.
 */
export interface KillStep {
  readonly id: string;
  readonly exitCode: number;
  /** The debt that its intent opens, or that it gives back. */
  readonly opens: string | null;
  readonly releases: string | null;
}

const linesPrinted = 300;

/** SHA-256 of what every command prints. */
export const printedDigest = createHash('sha256')
  .update(Array.from({ length: linesPrinted }, (_, index) => `${index + 1}\n`).join(''))
  .digest('hex');

/** `pauseMs` is drawn for each command: before its effect and after it. */
export function killRunbook(
  count: number,
  pauseMs: () => number,
): { readonly text: string; readonly steps: readonly KillStep[] } {
  const steps = Array.from({ length: count }, (_, index) => stepAt(index));
  const text = [
    'walkback: 1',
    'id: kill_trial',
    'title: Steps that are killed',
    'service: trial',
    'owner: tests',
    'objective: 10m',
    'maturity: staging',
    'probes:',
    ...steps.map(({ id }) => `  effects_of_${id}: { run: [sh, -c, '${countEffects(id)}'] }`),
    'phases:',
    '  - id: work',
    '    title: Work',
    '    steps:',
    ...steps.flatMap((step) => stepLines(step, pauseMs).map((line) => `      ${line}`)),
    '      - { id: over, end: rolled_back }',
    '',
  ].join('\n');
  return { text, steps };
}

const kinds = 8;

function stepAt(index: number): KillStep {
  const id = `s${index}`;
  const round = index - (index % kinds);
  const none = { id, exitCode: 0, opens: null, releases: null };
  switch (index % kinds) {
    case 1:
      return { ...none, opens: `debt${round}` };
    case 2:
      return { ...none, exitCode: 7 };
    case 4:
      return { ...none, releases: `debt${round}` };
    case 6:
      return { ...none, exitCode: 137 };
    default:
      return none;
  }
}

function stepLines({ id, exitCode, opens, releases }: KillStep, pauseMs: () => number): readonly string[] {
  const command = (code: number): string => JSON.stringify(script(pauseMs(), pauseMs(), code));
  if (releases !== null) return [`- { id: ${id}, release: [${releases}] }`];
  const kind = Number(id.slice(1)) % kinds;
  return [
    `- id: ${id}`,
    `  shell: ${command(exitCode)}`,
    `  probe_after_crash: effects_of_${id}`,
    ...(opens === null
      ? ["  undo: { run: ['true'] }"]
      : [
          `  opens: { id: ${opens}, title: Something is bent, ttl: 2h, release: { shell: ${command(0)} }, proof: { run: ['true'], expect: { exit: 0 } } }`,
        ]),
    ...(kind === 5 ? ["  before: [{ run: ['true'], expect: { exit: 0 } }]"] : []),
    ...(kind === 7 ? [`  capture: { before: effects_of_${id} }`] : []),
  ];
}

/** What a command does; its own attempt stands in its environment. */
function script(beforeMs: number, afterMs: number, exitCode: number): string {
  return [
    `echo "begin $WALKBACK_ATTEMPT $$" >> journal`,
    `seq 1 ${linesPrinted}`,
    `sleep ${beforeMs / 1000}`,
    `echo "$WALKBACK_ATTEMPT" | dd of=effects oflag=append conv=notrunc,fsync status=none`,
    `sleep ${afterMs / 1000}`,
    `echo "end $WALKBACK_ATTEMPT ${exitCode}" >> journal`,
    `exit ${exitCode}`,
  ].join('; ');
}

const countEffects = (id: string): string => `grep -c "^${id}#" effects || true`;
