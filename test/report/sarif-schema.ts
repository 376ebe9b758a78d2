/**
 * The part of the JSON Schema of SARIF 2.1.0 (OASIS, draft-07) that a log of findings uses: what is required, what is
 * allowed, which values. Objects accept no other keys, as in the original.
 */

const text = { type: 'string' };
const object = (required: readonly string[], properties: Readonly<Record<string, unknown>>): object => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const level = { enum: ['none', 'note', 'warning', 'error'] };
const index = { type: 'integer', minimum: -1 };
const position = { type: 'integer', minimum: 1 };
const said = object(['text'], { text, markdown: text });

const artifactLocation = object([], { uri: text, uriBaseId: text, index, description: said });

const region = object([], {
  startLine: position,
  startColumn: position,
  endLine: position,
  endColumn: position,
  charOffset: index,
  charLength: { type: 'integer', minimum: 0 },
});

const location = object([], {
  id: index,
  physicalLocation: {
    ...object([], { artifactLocation, region, contextRegion: region }),
    anyOf: [{ required: ['artifactLocation'] }, { required: ['address'] }],
  },
  message: said,
});

const rule = object(['id'], {
  id: { type: 'string', minLength: 1 },
  name: text,
  shortDescription: said,
  fullDescription: said,
  help: said,
  helpUri: text,
  defaultConfiguration: object([], {
    enabled: { type: 'boolean' },
    level,
    rank: { type: 'number', minimum: -1, maximum: 100 },
  }),
});

const driver = object(['name'], {
  name: text,
  version: text,
  semanticVersion: { type: 'string', pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+' },
  informationUri: text,
  rules: { type: 'array', items: rule },
});

const result = object(['message'], {
  ruleId: text,
  ruleIndex: index,
  level,
  kind: { enum: ['notApplicable', 'pass', 'fail', 'review', 'open', 'informational'] },
  message: {
    ...object([], { text, markdown: text, id: text }),
    anyOf: [{ required: ['text'] }, { required: ['id'] }],
  },
  locations: { type: 'array', items: location },
  partialFingerprints: { type: 'object' },
});

const run = object(['tool'], {
  tool: object(['driver'], { driver, extensions: { type: 'array', items: driver } }),
  invocations: {
    type: 'array',
    items: object(['executionSuccessful'], {
      executionSuccessful: { type: 'boolean' },
      exitCode: { type: 'integer' },
    }),
  },
  columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
  originalUriBaseIds: { type: 'object' },
  results: { type: 'array', items: result },
});

export const sarifSchema = object(['version', 'runs'], {
  $schema: text,
  version: { enum: ['2.1.0'] },
  runs: { type: 'array', items: run },
}) as Readonly<Record<string, unknown>>;
