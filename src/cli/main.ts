import { printError } from './print-error.ts';
import { buildProgram } from './program.ts';
import { readSurroundings } from './surroundings.ts';

// No top-level await here: the launcher loads this file with `require`.
const around = readSurroundings();
buildProgram(around)
  .parseAsync()
  .catch((error: unknown) => {
    process.exitCode = printError(error, around.warn);
  });
