import { survivesClosedOutput } from './closed-output.ts';
import { printError } from './print-error.ts';
import { buildProgram } from './program.ts';
import { readSurroundings } from './surroundings.ts';

// No top-level await here: the launcher loads this file with `require`.
const around = readSurroundings(import.meta.dirname);
survivesClosedOutput(around.warn);
buildProgram(around)
  .parseAsync()
  .catch((error: unknown) => {
    // at once: what a half made session still holds open must not keep the program waiting
    process.exit(printError(error, around.warn));
  });
