import type { Input, Runbook } from '../../runbook/model.ts';
import type { Json } from '../../runbook/model/values.ts';
import { fillTemplate } from '../../runbook/template.ts';
import { parseDuration } from '../../runbook/duration.ts';
import { maskJson } from '../../session/mask-json.ts';
import type { Fill, Measurer } from '../../session/ports.ts';
import { OperatorError } from '../../errors.ts';
import { endingOf } from '../numbers/ending.ts';

export interface InputSources {
  /** `--input name=value`, as given. */
  readonly given: Readonly<Record<string, string>>;
  /** Values of the environment, by name. */
  readonly values: Readonly<Record<string, Json>>;
  readonly env: Readonly<Record<string, string>>;
  readonly environment: string;
  /** Inputs that have their values already: others may be read with them. */
  readonly known?: Readonly<Record<string, Json>>;
  readonly measurer: Measurer;
  /** Asks a person; null where nobody can answer. Its answer is null where they left. */
  readonly ask: Ask | null;
}

export type Ask = (question: string, example: string | null, secret: boolean) => Promise<string | null>;

export interface ResolvedInputs {
  readonly inputs: Readonly<Record<string, Json>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Gives every input its value from its origin, in the runbook's order: a later one may read an earlier one. */
export async function resolveInputs(runbook: Runbook, sources: InputSources): Promise<ResolvedInputs> {
  refuseUnknown(runbook, sources.given);
  const inputs: Record<string, Json> = {};
  const secrets: Record<string, string> = {};
  const missing: Input[] = [];
  for (const input of runbook.inputs) {
    const raw = await rawValue(input, sources, { ...sources.known, ...inputs, ...secrets });
    if (raw === null && input.origin.kind === 'ask' && sources.ask !== null) throw left(input);
    if (raw === null) missing.push(input);
    else if (input.type === 'secret' && sources.given[input.id] !== undefined) throw seenByAll(input);
    else if (input.type === 'secret') secrets[input.id] = typeof raw === 'string' ? raw : JSON.stringify(raw);
    else {
      const made = typed(input, raw);
      if ('wanted' in made)
        throw new OperatorError(wrongValue(input, made.wanted, raw), [`Give another: --input ${input.id}=…`]);
      inputs[input.id] = made.value;
    }
  }
  if (missing.length > 0) throw missingInputs(missing);
  return { inputs, secrets };
}

async function rawValue(
  input: Input,
  sources: InputSources,
  known: Readonly<Record<string, Json>>,
): Promise<Json> {
  const { origin } = input;
  const given = sources.given[input.id];
  if (given !== undefined) return given;
  const fill: Fill = (template) => {
    const filled = fillTemplate(template, {
      inputs: known,
      env: { ...sources.values, name: sources.environment },
    });
    if (filled.ok) return filled.value;
    throw new OperatorError(`input ${input.id}: ${filled.detail}`, [`Give it: --input ${input.id}=…`]);
  };
  switch (origin.kind) {
    case 'ask':
      return sources.ask === null ? null : askUntilRight(input, origin, sources.ask);
    case 'env':
      return sources.env[origin.name] ?? null;
    case 'value':
      return typeof origin.value === 'object' ? fill(origin.value) : origin.value;
    case 'probe': {
      const measured = await sources.measurer.measure(
        origin.probe,
        fill,
        AbortSignal.timeout(origin.probe.timeoutMs + 1000),
      );
      const trouble = measured.ok ? endingOf(measured) : measured;
      if (measured.ok && trouble === null) return measured.value;
      throw new OperatorError(`input ${input.id} could not be read (${trouble?.code}): ${trouble?.detail}`, [
        `Give it by hand: --input ${input.id}=…`,
        'Or mend what it is read from, and look with walkback check.',
      ]);
    }
  }
}

/** Asks again where the answer cannot be one, so that a slip costs a line and not the start; null where they left. */
async function askUntilRight(
  input: Input,
  { question, example }: Pick<Extract<Input['origin'], { kind: 'ask' }>, 'question' | 'example'>,
  ask: Ask,
): Promise<string | null> {
  for (let text = question; ;) {
    const answer = await ask(text, example, input.type === 'secret');
    const made = answer === null ? null : typed(input, answer);
    if (made === null || 'value' in made) return answer;
    const shown = input.type === 'secret' || answer === '' ? null : answer;
    text = `${wrongValue(input, made.wanted, shown)}\n${question}`;
  }
}

/** A value for an input that the runbook does not have was meant for another one. */
export function refuseUnknown(
  runbook: Pick<Runbook, 'file' | 'inputs'>,
  given: Readonly<Record<string, string>>,
): void {
  const known = new Set(runbook.inputs.map(({ id }) => id));
  const stranger = Object.keys(given).find((id) => !known.has(id));
  if (stranger === undefined) return;
  throw new OperatorError(`${runbook.file} has no input called ${stranger}.`, [
    known.size === 0 ? 'It takes no inputs.' : `Its inputs: ${[...known].join(', ')}.`,
  ]);
}

function missingInputs(missing: readonly Input[]): OperatorError {
  const names = missing.map(({ id }) => id);
  const flags = missing.map(({ id, origin, type }) =>
    type === 'secret'
      ? wayOfSecret({ id, origin })
      : origin.kind === 'env'
        ? `set ${origin.name}, or --input ${id}=…`
        : `--input ${id}=…`,
  );
  return new OperatorError(`No value for ${names.join(', ')}, and nobody to ask.`, [
    `Give: ${flags.join('  ')}`,
  ]);
}

const left = ({ id, type }: Input): OperatorError =>
  new OperatorError(`No answer for ${id}, so nothing was started.`, [
    type === 'secret' ? 'Start it again, and type it where it is asked for.' : `Give it: --input ${id}=…`,
  ]);

/** Where the value of a secret may come from instead of a command line. */
const wayOfSecret = ({ id, origin }: Pick<Input, 'id' | 'origin'>): string =>
  origin.kind === 'env'
    ? `set ${origin.name}`
    : origin.kind === 'ask'
      ? `type ${id} where it is asked for, at a terminal`
      : `put ${id} where the runbook reads it`;

const seenByAll = (input: Input): OperatorError =>
  new OperatorError(
    `\`${input.id}\` is a secret: on a command line everybody on this machine sees it, and the shell keeps it.`,
    [`Leave --input ${input.id}=… out, and ${wayOfSecret(input)}.`, 'Then change that secret: it was seen.'],
  );

/**
 * An ordinary input is shown and recorded as it is: one that holds a secret would give it away.
 *
 * Throws an `OperatorError` that names both; nothing was recorded by then.
 */
export function refuseSecretsInInputs(
  { inputs, secrets }: ResolvedInputs,
  mask: (text: string) => string,
): void {
  for (const [name, value] of Object.entries(inputs)) {
    if (JSON.stringify(maskJson(value, mask)) === JSON.stringify(value)) continue;
    const names = Object.keys(secrets).map((id) => `\`${id}\``);
    throw new OperatorError(
      `The input \`${name}\` holds the value of a secret (${names.join(', ')}), and it would be shown and recorded.`,
      [
        `Give \`${name}\` another value.`,
        `If it has to be that value, declare it in the runbook as \`${name}: { type: secret, … }\`.`,
      ],
    );
  }
}

/** The value that a text is by the type of its input, or what it has to be. */
function typed(input: Input, raw: Json): { readonly value: Json } | { readonly wanted: string } {
  const text = typeof raw === 'string' ? raw.trim() : raw;
  if (text === '' || text === null) return { wanted: 'set' };
  switch (input.type) {
    case 'number': {
      const value = Number(text);
      return typeof text === 'boolean' || typeof text === 'object' || !Number.isFinite(value)
        ? { wanted: 'a number' }
        : { value };
    }
    case 'boolean':
      if (text === true || text === 'true') return { value: true };
      if (text === false || text === 'false') return { value: false };
      return { wanted: 'true or false' };
    case 'version':
      return typeof text === 'string' && /^v?\d+(\.\d+){0,3}([-+][0-9A-Za-z.-]+)?$/.test(text)
        ? { value: text }
        : { wanted: 'a version like 1.9.3' };
    case 'duration':
      return typeof text === 'string' && parseDuration(text) !== null
        ? { value: text }
        : { wanted: 'a span like 90s or 10m' };
    case 'string':
    case 'secret':
      return typeof text === 'object' ? { wanted: 'a text' } : { value: String(text) };
  }
}

const wrongValue = ({ id }: Input, wanted: string, raw: Json): string =>
  `input ${id} has to be ${wanted}${raw === null ? '' : `, and this is ${JSON.stringify(raw)}`}.`;
