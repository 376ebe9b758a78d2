import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { redactorOf } from '../../actions/redact.ts';
import { OperatorError } from '../../errors.ts';
import type { Fact } from '../../machine/facts.ts';
import { maskJson } from '../../session/mask-json.ts';
import type { Json } from '../../runbook/model/values.ts';
import { examine } from '../load.ts';
import { secretsAfterwards } from '../starting/secrets.ts';
import { pinnedFolder, readStartFile, sessionFolder } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';

/** What hides the secrets of a session in what people write once it is over. */
export interface MaskAfterwards {
  readonly text: (text: string) => string;
  readonly facts: (facts: readonly Fact[]) => readonly Fact[];
  /** One sentence where a secret of the session is not hidden, because it cannot be read now; else null. */
  readonly warning: string | null;
}

/** Reads what can be read of the secrets of a session that is over, and masks with them. Asks nobody, runs nothing. */
export async function maskAfterwards(around: Surroundings, session: string): Promise<MaskAfterwards> {
  const { secrets, warning } = await readable(around, session);
  const { text } = redactorOf(secrets);
  return {
    text,
    facts: (facts) => facts.map((fact) => masked(fact, text)),
    warning,
  };
}

async function readable(
  around: Surroundings,
  session: string,
): Promise<{ readonly secrets: Readonly<Record<string, string>>; readonly warning: string | null }> {
  const unknown = {
    secrets: {},
    warning: `The runbook of session ${session} is not here, so nothing hides its secrets in what you write.`,
  };
  try {
    if (!existsSync(join(sessionFolder(around, session), 'start.json'))) return unknown;
    const start = readStartFile(around, session);
    const { loaded } = examine(join(pinnedFolder(around, session), start.runbook));
    if (!loaded.ok) return unknown;
    const { secrets, unread } = await secretsAfterwards(around, loaded.runbook, start);
    const warning =
      unread.length === 0
        ? null
        : `Not hidden in what you write, because it cannot be read from here now: ${unread.map((name) => `\`${name}\``).join(', ')}.`;
    return { secrets, warning };
  } catch (error) {
    if (error instanceof OperatorError) return unknown;
    throw error;
  }
}

/** Names have to stay what they are to be found: which fact, of what, by whom. */
const names: ReadonlySet<string> = new Set([
  'type',
  'by',
  'key',
  'id',
  'part',
  'kind',
  'how',
  'due',
  'sha256',
  'session',
]);

const masked = (fact: Fact, text: (value: string) => string): Fact =>
  Object.fromEntries(
    Object.entries(fact).map(([name, value]: [string, Json]) => [
      name,
      names.has(name) ? value : maskJson(value, text),
    ]),
  ) as Fact;
