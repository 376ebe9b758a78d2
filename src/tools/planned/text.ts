import { plainText, type Plan } from './plan.ts';

/** The plan in the output of `kubectl diff`, `diff -u` or `git diff`: lines that come and go, by file. */
export function diffPlan(output: string): Plan {
  const lines = plainText(output)
    .split('\n')
    .flatMap((line) => {
      if (/^(?:---|\+\+\+) /.test(line)) return [nameOnly(line)];
      // what the server counts by itself is another number each time
      return /^[+-](?!\s+(?:generation|resourceVersion): )/.test(line) ? [line] : [];
    });
  const files = lines.filter((line) => line.startsWith('+++ '));
  const changed = lines.some((line) => /^[+-](?![+-]{2} )/.test(line));
  return {
    text: lines.join('\n'),
    canonical: lines.join('\n'),
    changes: changed ? Math.max(1, files.length) : 0,
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
