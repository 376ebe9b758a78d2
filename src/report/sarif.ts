import type { Problem } from '../runbook/problem.ts';

/** What there is to say about a code besides one finding: the same table that `--explain` reads. */
export interface RuleText {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly title: string;
  readonly fix: string;
  readonly why: string;
}

/** Findings as SARIF 2.1.0 (OASIS), as code hosts and editors read it. */
export function sarif(
  problems: readonly Problem[],
  rules: readonly RuleText[],
  place: {
    readonly version: string;
    /** Relative to the folder that was linted from, or an absolute `file:` address outside it. */
    readonly addressOf: (file: string) => string;
  },
): unknown {
  const used = new Set(problems.map(({ code }) => code));
  const described = rules.filter(({ code }) => used.has(code)).toSorted((a, b) => (a.code < b.code ? -1 : 1));
  const indexOf = new Map(described.map(({ code }, index) => [code, index]));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'walkback',
            version: place.version,
            semanticVersion: place.version,
            rules: described.map(descriptorOf),
          },
        },
        invocations: [{ executionSuccessful: true }],
        columnKind: 'utf16CodeUnits',
        results: problems.map((problem) => resultOf(problem, indexOf, place.addressOf)),
      },
    ],
  };
}

const descriptorOf = ({ code, severity, title, fix, why }: RuleText): unknown => ({
  id: code,
  shortDescription: { text: title },
  fullDescription: { text: why },
  help: { text: `${why} ${fix}` },
  defaultConfiguration: { level: severity },
});

function resultOf(
  { code, severity, message, at, fix }: Problem,
  indexOf: ReadonlyMap<string, number>,
  addressOf: (file: string) => string,
): unknown {
  const address = addressOf(at.file);
  const index = indexOf.get(code);
  return {
    ruleId: code,
    ...(index === undefined ? {} : { ruleIndex: index }),
    level: severity,
    message: { text: `${message} ${fix}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: address, ...(isAbsolute(address) ? {} : { uriBaseId: '%SRCROOT%' }) },
          region: { startLine: at.line, startColumn: at.column },
        },
      },
    ],
  };
}

const isAbsolute = (address: string): boolean => address.startsWith('file:');
