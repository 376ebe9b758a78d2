import { writeFileSync } from 'node:fs';
import { extname, isAbsolute, join } from 'node:path';
import { OperatorError } from '../../errors.ts';
import { type Exported, type WriteExport, exportEndings, exportName } from '../../ui/exported.ts';
import type { DocumentFormat } from './document-formats.ts';
import type { Surroundings } from '../surroundings.ts';

const formats: Readonly<Record<string, DocumentFormat | 'jsonl'>> = {
  '.html': 'html',
  '.md': 'md',
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.csv': 'csv',
  '.xml': 'junit',
  '.cast': 'asciicast3',
  '.patch': 'patch',
};

/** What the screens call to write a file: the same text as the command of that name prints. */
export const exportFileHere =
  (around: Surroundings): WriteExport =>
  async (what, path) => {
    try {
      const given = path === null ? exportName(what) : path.trim();
      const file = fileNamed(around, given);
      const text = await textOf(around, what, extname(given));
      return { file: path === null ? writeBeside(file, text) : writeNew(file, text) };
    } catch (error) {
      if (error instanceof OperatorError) return { trouble: [error.message, ...error.nextSteps].join(' ') };
      throw error;
    }
  };

function fileNamed(around: Surroundings, given: string): string {
  const home = around.env['HOME'];
  const path = home === undefined ? given : given.replace(/^~(?=\/)/, () => home);
  return isAbsolute(path) ? path : join(around.cwd, path);
}

async function textOf(around: Surroundings, what: Exported, ending: string): Promise<string> {
  let text = '';
  const paper: Surroundings = {
    ...around,
    isTerminal: false,
    columns: 120,
    write: (more) => void (text += more),
    warn: () => undefined,
  };
  const known = exportEndings[what.kind];
  if (!known.split(' ').includes(ending))
    throw new OperatorError(`What “${ending}” is to hold is not known.`, [`One of: ${known}`]);
  switch (what.kind) {
    case 'session': {
      const { exportSession } = await import('../commands/export.ts');
      await exportSession(paper, what.session, { format: formats[ending] ?? 'html' });
      break;
    }
    case 'comparison': {
      const { history } = await import('../commands/history.ts');
      const json = ending === '.json' ? ({ json: true } as const) : {};
      await history(paper, what.left, what.right, { plain: true, limit: '50', ...json });
      break;
    }
    case 'statistics': {
      const { stats } = await import('../commands/stats.ts');
      const json = ending === '.json' ? ({ json: true } as const) : {};
      await stats(paper, { format: ending === '.csv' ? 'csv' : 'text', ...json });
    }
  }
  return text;
}

/** A file that is there already stays as it is. */
function writeNew(file: string, text: string): string {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    return file;
  } catch (error) {
    if (isTaken(error))
      throw new OperatorError(`${file} is there already and stays as it is.`, ['Give another name.'], {
        cause: error,
      });
    const why = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`${file} cannot be written: ${why}.`, ['Give another place.'], { cause: error });
  }
}

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EEXIST';

/** `ID.html`, or `ID-2.html` where that is taken, and so on. */
function writeBeside(file: string, text: string): string {
  const ending = extname(file);
  const bare = file.slice(0, -ending.length);
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? file : `${bare}-${number}${ending}`;
    try {
      return writeNew(name, text);
    } catch (error) {
      if (!(error instanceof OperatorError && isTaken(error.cause))) throw error;
    }
  }
}
