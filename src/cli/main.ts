import { enableCompileCache } from 'node:module';
import { survivesClosedOutput } from './closed-output.ts';
import { printError } from './print-error.ts';
import { buildProgram } from './program.ts';
import { readSurroundings } from './surroundings.ts';

// No top-level await here: the launcher loads this file with `require`.
enableCompileCache(); // an agent has no launcher that did
const around = readSurroundings(import.meta.dirname);
survivesClosedOutput(around.warn);
// an empty event loop is no success: whatever was waited for will not come any more
const unfinished = (): void => {
  process.exit(printError(new Error('the program ended before its work was done'), around.warn));
};
process.on('beforeExit', unfinished);
buildProgram(around, process.argv.slice(2))
  .then((program) => program.parseAsync())
  .then(() => process.off('beforeExit', unfinished))
  .catch((error: unknown) => {
    // at once: what a half made session still holds open must not keep the program waiting
    process.exit(printError(error, around.warn));
  });
