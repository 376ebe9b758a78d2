import { plainText, type Plan } from './plan.ts';

/** What is said of a file as a whole: it is on one side only, is no text, has another mode or name. */
const ofTheFile =
  /^(?:Only in |Binary files |Files .* differ$|GIT binary patch|(?:old|new|deleted file|new file) mode |(?:rename|copy) (?:from|to) )/;

/** The plan in the output of `kubectl diff`, `diff -u` or `git diff`: lines that come and go, by file. */
export function diffPlan(output: string): Plan {
  const all = plainText(output).split('\n');
  const lines: string[] = [];
  let files = 0;
  let isChanged = false;
  // the heading of a file, kept for those that have no line of their own, and whether it was counted
  let heading: readonly string[] = [];
  let isCounted = false;
  for (const [at, line] of all.entries()) {
    const isOld = line.startsWith('--- ') && all[at + 1]?.startsWith('+++ ') === true;
    const isNew = line.startsWith('+++ ') && all[at - 1]?.startsWith('--- ') === true;
    if (line.startsWith('diff ')) {
      heading = line.startsWith('diff --git ') ? [line] : [];
      isCounted = false;
    } else if (line.startsWith('index ') && heading.length > 0) heading = [...heading, line];
    else if (isOld || isNew) {
      lines.push(nameOnly(line));
      if (isNew && !isCounted) files += 1;
      isCounted ||= isNew;
    } else if (ofTheFile.test(line)) {
      lines.push(...heading, line);
      heading = [];
      if (!isCounted || line.startsWith('Only in ')) files += 1;
      isCounted = !line.startsWith('Only in ');
      isChanged = true;
      // what the server counts by itself is another number each time
    } else if (/^[+-](?!\s+(?:generation|resourceVersion): )/.test(line)) {
      lines.push(line);
      isChanged = true;
    }
  }
  return {
    text: lines.join('\n'),
    canonical: lines.join('\n'),
    changes: isChanged ? Math.max(1, files) : 0,
    destroys: lines.filter((line) => line.startsWith('+++ /dev/null')),
    drift: [],
  };
}

/** A file's line without its time, and without the temporary folder of `kubectl diff`. */
const nameOnly = (line: string): string =>
  line
    .replace(/\t.*$/, '')
    .replace(/ \d{4}-\d{2}-\d{2} .*$/, '')
    .replace(/\/\S*\/(?:LIVE|MERGED)-\d+\//, '');

/** The plan in what `helm diff` prints: one heading for each resource that changes. */
export function helmPlan(output: string): Plan {
  const plan = textPlan(output);
  const headings = plan.text
    .split('\n')
    .filter((line) => /^\S.* has (?:changed|been added|been removed):?/.test(line));
  return {
    ...plan,
    changes: plan.changes === 0 ? 0 : Math.max(1, headings.length),
    destroys: headings
      .filter((line) => line.includes('has been removed'))
      .map((line) => line.replace(/ has been removed.*$/, '')),
  };
}

/** Any other output: what it says is the plan, and nothing said is nothing to do. */
export function textPlan(output: string): Plan {
  const text = plainText(output).trim();
  return { text, canonical: text, changes: text === '' ? 0 : 1, destroys: [], drift: [] };
}
