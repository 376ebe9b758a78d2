import { redactorOf } from '../../actions/redact.ts';
import { OperatorError } from '../../errors.ts';
import type { Input, Runbook } from '../../runbook/model.ts';
import { askInput } from './ask.ts';
import { resolveInputs } from './inputs.ts';
import { measurerHere } from '../measurer.ts';
import type { StartFile } from './session-folder.ts';
import type { Surroundings } from '../surroundings.ts';

/** Secrets are kept nowhere: a session that is taken up again reads them from where they came, or asks for them again. */
export async function readSecrets(
  around: Surroundings,
  runbook: Runbook,
  start: StartFile,
): Promise<Readonly<Record<string, string>>> {
  const inputs = runbook.inputs.filter(({ type }) => type === 'secret');
  if (inputs.length === 0) return {};
  const measurer = measurerHere(around, runbook, { cwd: start.root, env: start.env });
  try {
    const { secrets } = await resolveInputs(
      { ...runbook, inputs },
      {
        given: {},
        values: start.values,
        env: around.env,
        environment: start.environment,
        known: start.inputs,
        measurer,
        ask: around.isTerminal ? askInput : null,
      },
    );
    return secrets;
  } finally {
    await measurer.close();
  }
}

export interface SecretsAfterwards {
  readonly secrets: Readonly<Record<string, string>>;
  /** Names of secrets that cannot be read now, or cannot be masked. */
  readonly unread: readonly string[];
}

/**
 * The secrets of a session that is over, as far as they can be read by looking: from variables and from files. Nobody is
 * asked, and no command is run and nothing fetched for it: the session has nothing left to do.
 */
export async function secretsAfterwards(
  around: Surroundings,
  runbook: Runbook,
  start: StartFile,
): Promise<SecretsAfterwards> {
  const secrets: Record<string, string> = {};
  const unread: string[] = [];
  for (const input of runbook.inputs.filter(({ type }) => type === 'secret')) {
    const { [input.id]: found } = isReadByLooking(input)
      ? await readSecrets(
          around,
          { ...runbook, inputs: [input] },
          { ...start, inputs: { ...start.inputs, ...secrets } },
        ).catch(noneWhere)
      : {};
    if (found !== undefined && canBeMasked(input.id, found)) secrets[input.id] = found;
    else unread.push(input.id);
  }
  return { secrets, unread };
}

const isReadByLooking = ({ origin }: Input): boolean =>
  origin.kind === 'env' ||
  origin.kind === 'value' ||
  (origin.kind === 'probe' && origin.probe.source.kind === 'file');

function noneWhere(error: unknown): Readonly<Record<string, string>> {
  if (error instanceof OperatorError) return {};
  throw error;
}

function canBeMasked(name: string, value: string): boolean {
  try {
    redactorOf({ [name]: value });
    return true;
  } catch (error) {
    if (error instanceof OperatorError) return false;
    throw error;
  }
}
