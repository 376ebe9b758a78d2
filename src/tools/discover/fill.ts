import { reservedWords } from '../../runbook/scope.ts';
import type { Discovery } from './look.ts';
import type { Metrics } from './prometheus.ts';

/** What is asked where nothing could be found, by value of the environment. */
const questions: Readonly<Record<string, string>> = {
  context: 'Which context of the kubeconfig?',
  namespace: 'Which namespace?',
  namespace_uid: 'What is the uid of the namespace? kubectl get namespace NAME -o jsonpath={.metadata.uid}',
  deployment: 'Which Deployment?',
  container: 'Which container of it?',
  selector: 'Which labels select its pods?',
  port: 'On which port does a pod answer /healthz?',
  manifest: 'Which file of the repository is its manifest?',
  config: 'Which file of the repository has its configuration?',
  clone: 'Where is a clone of the repository?',
  application: 'Which application of Argo CD?',
  owner: 'Who made the application? ApplicationSet/NAME, Application/NAME or none',
  repository: 'Which repository on GitHub? owner/name',
  workflow: 'Which workflow deploys?',
  prometheus: 'Where is Prometheus?',
  tracker: 'Which exception tracker? The address of its list of issues, or none',
  alertmanager: 'Where is Alertmanager?',
  chat: 'Where do messages go? The address of a webhook',
  gitops: 'What keeps the cluster in step with git? argocd or none',
  argocd: 'In which namespace is Argo CD?',
  ci: 'What deploys? github or none',
};

/**
 * A reference runbook with what was found: values of its environment are put in with their source, what is not known
 * becomes an input that is asked, with an example, and the rest of what was seen stands above it as comments.
 * @param text the reference runbook as it ships
 */
export function filled(
  text: string,
  name: string,
  { findings, examples, notes, skipped }: Discovery,
  metrics: Metrics,
): string {
  const known = new Map(findings.map(({ key, value, source }) => [key, { value, source }]));
  const lines = text.split('\n').filter((line) => !line.startsWith('# yaml-language-server:'));
  const asked = new Map<string, string>();
  const result: string[] = [];
  let block = '';
  let input = '';
  /** Comments of the value that comes next: they go where it goes. */
  let above: readonly string[] = [];
  for (const line of lines) {
    if (/^ {0,4}[a-z_]+:$/.test(line)) block = line.trim();
    input = /^ {2}([a-z][a-z0-9_]*):/.exec(line)?.[1] ?? input;
    const better = examples[input];
    const entry = /^ {6}([a-z][a-z0-9_]*): (.*?)(?: # (.*))?$/.exec(line);
    if (block === 'values:' && entry !== null) {
      const [, key = '', example = ''] = entry;
      const found = known.get(key);
      if (found !== undefined)
        result.push(...above, `      ${key}: ${quoted(found.value)} # ${comment(found.source)}`);
      else asked.set(key, examples[key] ?? example.replaceAll(/^'|'$/g, ''));
      above = [];
    } else if (block === 'values:' && /^ {6}#/.test(line)) above = [...above, line];
    else if (better !== undefined && /\bask: /.test(line) && /example: .* \}$/.test(line))
      result.push(line.replace(/example: .* \}$/, `example: ${quoted(better)} }`));
    else if (better !== undefined && /^ {4}example: /.test(line))
      result.push(`    example: ${quoted(better)}`);
    else result.push(line);
  }
  const questionLines = [...asked].map(
    ([key, example]) =>
      `  ${inputName(key)}: { type: string, ask: ${quoted(questions[key] ?? `What is ${key}?`)}, example: ${quoted(example)} }`,
  );
  const at = result.indexOf('inputs:');
  const whole = [...result.slice(0, at + 1), ...questionLines, ...result.slice(at + 1)].join('\n');
  const renamed = [...asked.keys()].reduce(
    (left, key) => left.replaceAll(new RegExp(`\\benv\\.${key}\\b`, 'g'), `inputs.${inputName(key)}`),
    whole,
  );
  const measured = Object.entries(metrics).reduce(
    (left, [ours, theirs]) => left.replaceAll(new RegExp(`\\b${ours}\\b`, 'g'), theirs),
    renamed,
  );
  const seen = [
    '# What was found here, by commands that only read:',
    ...notes.map((note) => `#   ${comment(note)}`),
    ...(skipped.length === 0
      ? []
      : ['# What could not be looked at:', ...skipped.map((one) => `#   ${comment(one)}`)]),
    '#',
  ];
  const body = measured
    .replace(/^id: .*$/m, `id: ${name}`)
    .replace(/^maturity: .*$/m, 'maturity: draft')
    .replace(/^ {4}values:\n(?! {6})/m, '');
  return `${seen.join('\n')}\n${body}`;
}

/** `namespace` is a word of the expression language. */
const inputName = (key: string): string => (reservedWords.has(key) ? `${key}_name` : key);

const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, 300);
const quoted = (value: string): string => `'${oneLine(value).replaceAll("'", "''")}'`;
/** A line of a comment: nothing in it ends the line, or acts on a terminal. */
const comment = oneLine;
