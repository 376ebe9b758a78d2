import { OperatorError, exitCode } from '../../errors.ts';
import { namedDatabase, withDatabase } from '../../tools/database.ts';
import type { Database } from '../../tools/database/model.ts';
import { archivesIn } from '../../tools/retain/manifest.ts';
import { readRetainPlan } from '../../tools/retain/plan.ts';
import { hold as setHold, purge as remove } from '../../tools/retain/purge.ts';
import { retainItem } from '../../tools/retain/retain.ts';
import { isRetained, verifyArchive, type ArchiveVerdict, type Signer } from '../../tools/retain/verify.ts';
import { inertLine } from '../inert-line.ts';
import type { Surroundings } from '../surroundings.ts';
import { systemTimes } from './times.ts';

export interface RetainFlags {
  readonly sqlite?: string;
  readonly postgres?: true;
  readonly session: string;
  readonly vault: string;
  readonly only?: string;
  readonly all?: true;
  readonly key?: string;
  readonly signers?: string;
  readonly as?: string;
  readonly unsigned?: true;
  readonly json?: true;
}

/** A word that is one folder. */
function sessionOf(session: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,79}$/.test(session)) return session;
  throw new OperatorError(`--session ${inertLine(session)} is no name.`, [
    "Give the session's id, or a word of letters, digits, - and _.",
  ]);
}

function signerOf({ signers, as }: Pick<RetainFlags, 'signers' | 'as'>): Signer {
  if (signers === undefined && as === undefined) return null;
  if (signers !== undefined && as !== undefined) return { signers, principal: as };
  throw new OperatorError('A signature is checked against a file and a name.', [
    'Give both: --signers allowed_signers --as ada',
  ]);
}

const onDatabase = <T>(
  around: Surroundings,
  flags: RetainFlags,
  work: (database: Database | null) => Promise<T>,
): Promise<T> => {
  const place = namedDatabase(flags, around.env);
  return place === null ? work(null) : withDatabase(place, { readOnly: true, allRows: true }, work);
};

/** `walkback data retain`: archives what the plan names. */
export async function retain(around: Surroundings, path: string, flags: RetainFlags): Promise<number> {
  const { rules } = readRetainPlan(path);
  const session = sessionOf(flags.session);
  const items = wanted(rules.keep, flags);
  const kept = await onDatabase(around, flags, async (database) => {
    const done = [];
    for (const item of items)
      done.push(
        await retainItem(item, {
          vault: flags.vault,
          session,
          times: systemTimes(),
          database,
          key: flags.key ?? null,
        }),
      );
    return done;
  });
  around.write(
    flags.json === true
      ? `${JSON.stringify(kept, null, 2)}\n`
      : kept
          .map(
            ({ id, fresh, folder, manifest }) =>
              `${inertLine(`✔ ${id}: ${fresh ? 'archived' : 'archived already'}, ${manifest.rows === null ? `${String(manifest.bytes)} bytes` : `${String(manifest.rows)} rows`}, sha256 ${manifest.sha256.slice(0, 12)}, until ${manifest.until}, in ${folder}`)}\n`,
          )
          .join(''),
  );
  return exitCode.done;
}

function wanted<Item extends { readonly id: string }>(
  items: readonly Item[],
  { only }: Pick<RetainFlags, 'only'>,
): readonly Item[] {
  const found = only === undefined ? items : items.filter(({ id }) => id === only);
  if (found.length > 0) return found;
  throw new OperatorError(`The plan has no ${inertLine(only ?? 'entry')}.`, [
    `It has: ${items.map(({ id }) => id).join(', ')}`,
  ]);
}

/** `walkback data retained`: the guard of a destructive step. */
export async function retained(around: Surroundings, path: string, flags: RetainFlags): Promise<number> {
  if (flags.all === undefined && flags.only === undefined)
    throw new OperatorError('Which entries have to be archived?', ['Give --all, or --only ID.']);
  const { rules } = readRetainPlan(path);
  const session = sessionOf(flags.session);
  const signer = signerOf(flags);
  const verdicts = await onDatabase(around, flags, async (database) => {
    const found = [];
    for (const item of wanted(rules.keep, flags))
      found.push(await isRetained(item, { vault: flags.vault, session, database }, signer));
    return found;
  });
  return tell(around, flags, verdicts);
}

/** `walkback data verify`: every archive of a vault, read again. */
export async function verify(
  around: Surroundings,
  vault: string,
  flags: Partial<RetainFlags>,
): Promise<number> {
  const signer = signerOf(flags);
  const archives = archivesIn(vault, flags.session).filter(
    ({ id }) => flags.only === undefined || id === flags.only,
  );
  if (archives.length === 0)
    throw new OperatorError(
      `${inertLine(vault)} holds no such archive.`,
      ['Check the folder, the session and the id.'],
      {
        exitCode: exitCode.failed,
      },
    );
  const verdicts = [];
  for (const archive of archives)
    verdicts.push(await verifyArchive(archive, signer, flags.unsigned === true));
  return tell(around, flags, verdicts);
}

const marks = { pass: '✔', fail: '✘', unknown: '?' } as const;

function tell(
  around: Surroundings,
  flags: Pick<RetainFlags, 'json'>,
  verdicts: readonly ArchiveVerdict[],
): number {
  around.write(
    flags.json === true
      ? `${JSON.stringify(verdicts, null, 2)}\n`
      : verdicts
          .map(
            ({ result, session, id, version, detail }) =>
              `${inertLine(`${marks[result]} ${session}/${id}${version > 1 ? `.${String(version)}` : ''}: ${detail}`)}\n`,
          )
          .join(''),
  );
  if (verdicts.some(({ result }) => result === 'fail')) return exitCode.failed;
  return verdicts.some(({ result }) => result === 'unknown') ? exitCode.unknown : exitCode.done;
}

const nameOf = (vault: string, flags: { readonly session: string; readonly id: string }) => ({
  vault,
  session: sessionOf(flags.session),
  id: flags.id,
});

/** `walkback data purge`: removes an archive whose time is over. */
export async function purge(
  around: Surroundings,
  vault: string,
  flags: Pick<RetainFlags, 'session' | 'signers' | 'as'> & { readonly id: string },
): Promise<number> {
  const versions = await remove(nameOf(vault, flags), systemTimes(), signerOf(flags), around.user);
  around.write(`purged: ${inertLine(`${flags.session}/${flags.id}`)}, ${String(versions)} of it\n`);
  return exitCode.done;
}

/** `walkback data hold`: a legal hold, and its end. */
export function hold(
  around: Surroundings,
  vault: string,
  flags: { readonly session: string; readonly id: string; readonly reason?: string; readonly lift?: true },
): number {
  if ((flags.reason === undefined) === (flags.lift === undefined))
    throw new OperatorError('A hold needs a reason; to end it, say --lift.', [
      'Give one of --reason TEXT and --lift.',
    ]);
  setHold(nameOf(vault, flags), flags.reason ?? null, systemTimes(), around.user);
  around.write(`${flags.lift === true ? 'lifted' : 'held'}: ${inertLine(`${flags.session}/${flags.id}`)}\n`);
  return exitCode.done;
}
