import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { lint } from '../../src/cli/commands/lint.ts';
import { explain, lintRules } from '../../src/cli/lint-rules.ts';
import { proofRules } from '../../src/machine/proof/rules.ts';
import { rules } from '../../src/runbook/rules.ts';
import { sarifSchema } from './sarif-schema.ts';
import { whyRefused } from '../runbooks/draft-seven.ts';

const repository = path.resolve(import.meta.dirname, '../..');
const wrong = path.join(repository, 'test/wrong-runbooks');
const files = readdirSync(wrong)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => path.join(wrong, name));

/** What the command writes for some files, from a folder. */
function written(cwd: string, names: readonly string[], format: 'sarif' | 'json'): string {
  const printed: string[] = [];
  const around = {
    cwd,
    env: { XDG_CONFIG_HOME: cwd },
    systemFolder: cwd,
    write: (text: string) => void printed.push(text),
  } as unknown as Parameters<typeof lint>[0];
  lint(around, names, { format });
  return printed.join('');
}

interface Log {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: string };
          readonly region: { readonly startLine: number; readonly startColumn: number };
        };
      }[];
    }[];
  }[];
}
const logOf = (cwd: string, names: readonly string[]): Log => JSON.parse(written(cwd, names, 'sarif')) as Log;

describe('lint --format sarif', () => {
  test('everything that every wrong runbook leads to is a log that SARIF 2.1.0 accepts', () => {
    expect(whyRefused(sarifSchema, logOf(repository, files))).toEqual([]);
  });

  test.each([
    ['no version', (log: object) => ({ ...log, version: undefined })],
    ['a key that SARIF does not know', (log: object) => ({ ...log, colour: 'red' })],
    ['no tool', (log: object) => ({ ...log, runs: [{ results: [] }] })],
    [
      'a line 0',
      (log: Log) => ({
        ...log,
        runs: log.runs.map((run) => ({
          ...run,
          results: [
            {
              message: { text: 'x' },
              locations: [{ physicalLocation: { artifactLocation: {}, region: { startLine: 0 } } }],
            },
          ],
        })),
      }),
    ],
  ])('the schema of the test refuses a log with %s', (_what, change) => {
    const log = change(logOf(repository, files.slice(0, 3)));
    expect(whyRefused(sarifSchema, JSON.parse(JSON.stringify(log)))).not.toEqual([]);
  });

  test('a result is at the line and column of the problem, with its rule’s words from --explain', () => {
    const problems = (
      JSON.parse(written(repository, files, 'json')) as {
        readonly problems: readonly {
          readonly code: string;
          readonly severity: string;
          readonly at: { readonly line: number; readonly column: number };
        }[];
      }
    ).problems;
    const [run] = logOf(repository, files).runs;
    expect(problems.length).toBeGreaterThan(80);
    expect(
      run?.results.map(({ ruleId, level, locations }) => ({
        ruleId,
        level,
        ...locations[0]?.physicalLocation.region,
      })),
    ).toEqual(
      problems.map(({ code, severity, at }) => ({
        ruleId: code,
        level: severity,
        startLine: at.line,
        startColumn: at.column,
      })),
    );
    for (const { ruleId, ruleIndex } of run?.results ?? [])
      expect(run?.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    for (const { id, ...words } of run?.tool.driver.rules ?? []) {
      const rule = lintRules.find(({ code }) => code === id);
      expect(words).toMatchObject({
        shortDescription: { text: rule?.title },
        fullDescription: { text: rule?.why },
        defaultConfiguration: { level: rule?.severity },
      });
      expect(explain(id)).toContain(rule?.why ?? 'no such rule');
    }
  });

  test('addresses are relative to where lint ran, encoded, and whole outside of it', () => {
    const uris = (cwd: string, name: string) =>
      logOf(cwd, [name]).runs[0]?.results.map(
        ({ locations }) => locations[0]?.physicalLocation.artifactLocation,
      );
    const file = path.join(wrong, 'no_header.yaml');
    expect(uris(repository, file)).toEqual([
      { uri: 'test/wrong-runbooks/no_header.yaml', uriBaseId: '%SRCROOT%' },
    ]);
    expect(uris(path.join(repository, 'src'), file)).toEqual([{ uri: `file://${file}` }]);
    expect(uris(repository, path.join(repository, 'not there, at #all.yaml'))).toEqual([
      { uri: 'not%20there%2C%20at%20%23all.yaml', uriBaseId: '%SRCROOT%' },
    ]);
  });

  test('a runbook without mistakes gives a log without results', () => {
    const log = logOf(repository, [path.join(repository, 'runbooks/templates/basic.yaml')]);
    expect(log.runs.map(({ results }) => results)).toEqual([[]]);
    expect(whyRefused(sarifSchema, log)).toEqual([]);
  });
});

test('every code has a title, a reason and something to do', () => {
  for (const { code, title, why, fix } of lintRules) {
    expect([code, title, why, fix].every((text) => text.length > 2)).toBe(true);
    expect(explain(code.toLowerCase())).toContain(title);
  }
  // a code that two lists give would be one rule here, and the other would never be explained
  expect(Object.keys(rules).filter((code) => code in proofRules)).toEqual([]);
});
