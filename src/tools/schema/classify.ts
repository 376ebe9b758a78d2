import { statementsOf, wordsOf } from './statements.ts';

/**
 * What a script can do to data, as its own statements say. `nothing`: it changes nothing at all. `unknown`: only the
 * database would know (a function is called, a block is run, another file is read).
 */
export type ScriptClass = 'nothing' | 'safe' | 'unknown' | 'lossy' | 'destructive';

export interface Classified {
  readonly class: ScriptClass;
  /** False where a failure in the middle leaves a part of it done. */
  readonly transactional: boolean;
  /** The statements that the class comes from, and what is not transactional, cut for people. */
  readonly why: readonly string[];
  readonly empty: boolean;
}

/**
 * @param autocommit whether the tool runs each statement by itself unless the script says BEGIN, as psql does; false
 * where the tool puts a transaction around it
 */
export function classify(script: string, { autocommit }: { readonly autocommit: boolean }): Classified {
  const statements = statementsOf(script);
  const read = statements.map((statement) => ({ statement, words: wordsOf(statement) }));
  const judged = read.map(({ statement, words }) => ({ statement, words, class: classOf(words) }));
  const worst = judged.reduce<ScriptClass>((sum, one) => (rank(one.class) > rank(sum) ? one.class : sum), 'nothing');
  const alone = judged.filter(({ words }) => outside.test(words));
  const acting = judged.filter((one) => one.class !== 'nothing');
  const transactional = alone.length === 0 && (acting.length <= 1 || inOne(read, autocommit));
  const why = judged.filter((one) => one.class === worst && worst !== 'nothing' && worst !== 'safe');
  return {
    class: worst,
    transactional,
    why: [
      ...why.map(({ statement }) => short(statement)),
      ...alone.map(({ statement }) => `not in a transaction: ${short(statement)}`),
      ...(transactional || alone.length > 0 ? [] : ['not in one transaction: a failure leaves a part of it done']),
    ],
    empty: statements.length === 0,
  };
}

const order: readonly ScriptClass[] = ['nothing', 'safe', 'unknown', 'lossy', 'destructive'];
const rank = (name: ScriptClass): number => order.indexOf(name);

const short = (statement: string): string => {
  const line = statement.replaceAll(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
};

const begins = /^(?:begin|start transaction)\b/;
const ends = /^(?:commit|end|rollback|abort)\b/;

/** All that acts stands between one BEGIN and one COMMIT, or the tool sees to it. */
function inOne(read: readonly { readonly words: string }[], autocommit: boolean): boolean {
  const words = read.map((one) => one.words).filter((word) => classOf(word) !== 'nothing' || begins.test(word) || ends.test(word));
  const marks = words.filter((word) => begins.test(word) || ends.test(word));
  if (marks.length === 0) return !autocommit;
  return marks.length === 2 && begins.test(words[0] ?? '') && /^(?:commit|end)\b/.test(words.at(-1) ?? '');
}

/** PostgreSQL refuses these inside a transaction. */
const outside =
  /^(?:(?:create|drop)(?: unique)? index concurrently|reindex\b.*\bconcurrently|refresh materialized view concurrently|vacuum|alter system|(?:create|drop) (?:database|tablespace)|alter table .* detach partition .* concurrently)\b/;

/** Functions that only look. */
const harmless = /\b(?:count|min|max|sum|avg|now|version|current_\w+|coalesce|length|lower|upper|round|abs|exists|has_\w+_privilege|to_reg\w+|in|values|as|and|or|not|where|over|from|on|using|any|all)\s*\(/g;

/** In order: the first that matches says it. */
const rules: readonly (readonly [RegExp, ScriptClass])[] = [
  [/^(?:begin|start transaction|commit|end|rollback|abort|savepoint|release|set|reset|show|analyze|lock|listen|notify|pragma)\b/, 'nothing'],
  [/^\\(?:echo|set|unset|timing|pset|x|q|qecho|warn|if|elif|else|endif)\b/, 'nothing'],
  [/\bcascade\b/, 'destructive'],
  [/^drop (?:table|schema|database|owned|foreign table|tablespace)\b/, 'destructive'],
  [/^alter (?:foreign )?table\b.*\bdrop (?:column\b|(?!(?:constraint|default|not null|identity|expression)\b)(?:if exists )?["\w])/, 'destructive'],
  [/^truncate\b/, 'destructive'],
  [/^delete\b(?!.*\bwhere\b)/, 'destructive'],
  [/^(?:with\b.*)?\b(?:delete|update|merge)\b/, 'lossy'],
  [/^insert\b.*\bon conflict\b.*\bdo update\b/, 'lossy'],
  [/^(?:replace|insert or replace)\b/, 'lossy'],
  [/^alter table\b.*\balter (?:column )?\S+ (?:set data )?type\b/, 'lossy'],
  [/^drop (?:type|domain|sequence)\b/, 'lossy'],
  [/^alter type\b.*\bdrop attribute\b/, 'lossy'],
  [/^drop (?:index|view|materialized view|function|procedure|aggregate|trigger|rule|policy|operator|cast|collation|extension|event trigger|statistics|publication|text search)\b/, 'safe'],
  [/^(?:create|comment|grant|revoke|reindex|vacuum|refresh|security label|cluster)\b(?!.*\bas (?:select|with)\b)/, 'safe'],
  [/^create (?:or replace )?(?:temp\w* |materialized )?(?:table|view)\b/, 'safe'],
  [/^alter (?:table|index|view|materialized view|sequence|type|function|procedure|policy|trigger|schema|domain|role|default privileges)\b/, 'safe'],
  [/^insert\b/, 'safe'],
];

function classOf(words: string): ScriptClass {
  if (/^(?:select|values|table|explain|with)\b/.test(words) && !/\b(?:insert|update|delete|merge)\b/.test(words)) {
    if (/\binto\b/.test(words)) return 'safe'; // select … into makes a table
    return /\w\s*\(/.test(words.replaceAll(harmless, ' ')) ? 'unknown' : 'nothing';
  }
  return rules.find(([pattern]) => pattern.test(words))?.[1] ?? 'unknown';
}
