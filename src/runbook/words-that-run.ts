/** A word of a command line that names a file to run; `surely` where nothing else can be meant. */
export interface WordThatRuns {
  readonly path: string;
  readonly surely: boolean;
}

type Argv = readonly (string | null)[];

const shells = /^(?:\/\S*\/)?(?:ba|da|z|k|a)?sh$/;
const interpreters = /^(?:\/\S*\/)?(?:(?:ba|da|z|k|a)?sh|python[0-9.]*|node|ruby|perl|php|bun|deno|tsx|lua)$/;
/** Programs that start another one, which stands after their own arguments. */
const starters = /^(?:\/\S*\/)?(?:env|sudo|doas|timeout|nice|ionice|nohup|setsid|stdbuf|time|flock|npx)$/;

/**
 * Files that a command line runs: a program with a folder in its name, every argument that begins with `./`, what an
 * interpreter is given to run, also behind `sudo` or `timeout`, and the same in the line of a shell. Null is a word that is
 * known only later.
 */
export function wordsThatRun(argv: Argv): readonly WordThatRuns[] {
  const [program, ...rest] = argv;
  const started =
    program?.includes('/') && !program.startsWith('/')
      ? [{ path: program, surely: program.startsWith('./') }]
      : [];
  const { found, line } = interpreted(argv);
  const given = rest.flatMap((word, index) =>
    word?.startsWith('./') && index + 1 !== line ? [{ path: word, surely: false }] : [],
  );
  return [...started, ...found, ...given];
}

interface Interpreted {
  readonly found: readonly WordThatRuns[];
  /** Which word is the line of a shell; null where none is. */
  readonly line: number | null;
}

const nothing: Interpreted = { found: [], line: null };

/** What an interpreter is given to run: its first word that is no flag, or the line of a shell. */
function interpreted(argv: Argv): Interpreted {
  const at = starters.test(argv[0] ?? '') ? argv.findIndex((word) => interpreters.test(word ?? '')) : 0;
  const interpreter = argv[at] ?? '';
  if (!interpreters.test(interpreter)) return nothing;
  const flags = shells.test(interpreter) ? shellFlags : otherFlags;
  for (let index = at + 1; index < argv.length; index += 1) {
    const word = argv[index] ?? null;
    if (word === null || flags.other.test(word)) return nothing;
    if (flags.line?.test(word) === true) return { found: inShell(argv[index + 1] ?? ''), line: index + 1 };
    if (flags.withValue.test(word)) index += 1;
    else if (!/^(?:[-+]|run$)/.test(word))
      return { found: /^[/.]/.test(word) ? [] : [{ path: word, surely: false }], line: null };
  }
  return nothing;
}

interface Flags {
  /** After it stands a line to run. */
  readonly line: RegExp | null;
  /** Something else than a file is run: what stands in the line, a module, what comes in. */
  readonly other: RegExp;
  readonly withValue: RegExp;
}

const shellFlags: Flags = {
  line: /^-[a-z]*c[a-z]*$/,
  other: /^-[a-z]*s[a-z]*$/,
  withValue: /^(?:[-+][a-z]*[oO]|--(?:rcfile|init-file))$/,
};
const otherFlags: Flags = {
  line: null,
  other: /^(?:-[a-zA-Z]*[cemp]|--(?:eval|print))$/,
  withValue: /^(?:-[WXrI]|--(?:require|import|loader))$/,
};

/** `./…` in the line of a shell, and what an interpreter is given there. */
function inShell(line: string): readonly WordThatRuns[] {
  const direct = line.match(/(?<=^|[\s;&|(])\.\/[^\s;&|()<>'"$`]+/gm) ?? [];
  const commands = line.split(/[\n;&|()]+/).map((one) => one.trim().split(/\s+/));
  const named = commands.flatMap((words) => {
    const program = words.findIndex((word) => !/^\w+=/.test(word)); // variables may stand before it
    return program < 0 ? [] : interpreted(words.slice(program)).found;
  });
  return [
    ...direct.map((path) => ({ path, surely: false })),
    ...named.filter(({ path }) => /^\w[\w./-]*$/.test(path)),
  ];
}
