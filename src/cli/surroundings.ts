import { userInfo, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the program finds around it; read once, here, and handed down. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: string;
  readonly uid: number;
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly dataFolder: string;
  readonly ledgerPath: string;
  readonly sessionsFolder: string;
  readonly runtimeFolder: string | undefined;
  readonly temporaryFolder: string;
  /** Where the administrator of the machine puts what holds for everybody; no variable of a person’s moves it. */
  readonly systemFolder: string;
  /** The program's own files: bundles beside this one, runbooks above. */
  readonly programFolder: string;
  readonly runtime: string;
  write(text: string): void;
  warn(text: string): void;
}

/** `programFolder` is the folder of the entry file: only that file knows, since others may be bundled elsewhere. */
export function readSurroundings(programFolder: string): Surroundings {
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const dataFolder = join(
    env['XDG_DATA_HOME'] ?? join(env['HOME'] ?? homedir(), '.local', 'share'),
    'walkback',
  );
  const { username, uid } = userInfo();
  return {
    env,
    cwd: process.cwd(),
    user: username,
    uid,
    isTerminal: process.stdout.isTTY && process.stdin.isTTY, // in this order: opening the standard input costs time
    columns: process.stdout.columns ?? 0,
    rows: process.stdout.rows ?? 0,
    dataFolder,
    ledgerPath: env['WALKBACK_LEDGER'] ?? join(dataFolder, 'ledger.db'),
    sessionsFolder: join(dataFolder, 'sessions'),
    runtimeFolder: env['XDG_RUNTIME_DIR'],
    temporaryFolder: tmpdir(),
    systemFolder: '/etc',
    programFolder,
    runtime: process.execPath,
    write: (text) => void process.stdout.write(text),
    warn: (text) => void process.stderr.write(text),
  };
}

/** Ink and what it uses look into the environment once, when they are loaded: to be called before that. */
export function settleForInk({ env }: Surroundings): void {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') process.env['FORCE_COLOR'] = '0';
  delete process.env['DEV'];
}
