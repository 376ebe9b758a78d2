import { z } from 'zod';
import {
  argv,
  count,
  duration,
  environmentVariables,
  expression,
  flag,
  name,
  names,
  outcome,
  parseTolerance,
  rule,
  scalar,
  template,
  text,
  where,
} from './values.ts';
import { didYouMean, nearest } from '../nearest.ts';
import { check, checks, command, probe, smokeTest } from './measures.ts';

/** The steps: one strict shape a kind, all of them from the same small groups of fields. */

const routeTarget = z
  .union([name, z.strictObject({ end: outcome })])
  .meta({ description: 'A step, a phase, `ask`, or `{ end: … }`.' });

const about = {
  id: name.optional(),
  title: text.optional(),
  why: text.optional(),
  warn: text.optional(),
  when: expression.optional(),
  role: name.optional(),
  required: flag.optional(),
  expected: duration.optional().meta({ description: 'How long it usually takes.' }),
  tags: names.optional().meta({
    description: 'Events that this step stands for once it was done, as `window.closes_on` names them.',
  }),
};

const routes = {
  on: z
    .strictObject({
      fail: routeTarget.optional(),
      unknown: routeTarget.optional(),
      timeout: routeTarget.optional(),
      denied: routeTarget.optional(),
      abort: routeTarget.optional(),
    })
    .optional(),
};

const timed = { timeout: duration.optional() };

const onward = {
  goto: name.optional().meta({ description: 'The `each` around the step: on with its next item.' }),
};

const opens = z
  .strictObject({
    id: name,
    title: text,
    ttl: duration.optional(),
    overdue: z.enum(['hold', 'note']).optional().meta({
      description:
        'What its limit does: `hold` keeps the next change back until somebody has decided, and calls the first of `escalate`; nothing is given back by itself.',
    }),
    release: command,
    before: checks.optional().meta({
      description: 'What must hold before it may be given back; going past it takes a reason.',
    }),
    proof: check.optional(),
    later: z
      .strictObject({ within: duration, owner: text.optional() })
      .optional()
      .meta({ description: 'Due later: it outlives the session with an owner and a date.' }),
  })
  .meta({ id: 'opens', description: 'A debt: what is bent, how it is given back, and what proves it.' });

const undo = z
  .strictObject({
    run: argv.optional(),
    shell: text.optional(),
    env: environmentVariables.optional(),
    where: where.optional(),
    timeout: duration.optional(),
    verify: check.optional(),
  })
  .refine(
    (value) => 'run' in value !== 'shell' in value,
    rule('WB108', '`undo` has exactly one of: run, shell'),
  )
  .meta({ id: 'undo' });

const evidence = z.record(name, z.enum(['required', 'optional']));

/** What a step that may change something can say. */
const change = {
  read_only: flag.optional(),
  idempotent: flag.optional(),
  before: checks.optional(),
  verify: checks.optional(),
  opens: opens.optional(),
  undo: undo.optional(),
  ponr: z.strictObject({ lost: text, confirm: z.enum(['name', 'yes']).optional() }).optional(),
  capture: z.record(name, z.union([name, probe])).optional(),
  probe_after_crash: z.union([name, probe]).optional(),
  evidence: evidence.optional(),
  flag: z
    .strictObject({ name: template, to: text })
    .optional()
    .meta({ description: 'The feature flag that the step turns, and what it turns it to.' }),
  stateful: flag
    .optional()
    .meta({ description: 'The data may be another one afterwards: it is measured before and after.' }),
};

const process = {
  env: environmentVariables.optional(),
  where: where.optional(),
  tty: flag.optional(),
  retry: z
    .strictObject({
      times: count.max(100),
      every: duration.optional(),
      on: z
        .array(z.enum(['fail', 'unknown', 'timeout']))
        .min(1)
        .optional()
        .meta({ description: 'After which of them only; after all where it is left out.' }),
    })
    .optional(),
  watch_output: z.strictObject({ expect: text }).optional(),
  outputs: z.record(name, z.strictObject({ pattern: text })).optional(),
};

const decideOption = z
  .strictObject({
    id: name,
    title: text,
    when: expression.optional(),
    goto: name.optional(),
    end: outcome.optional(),
    again: flag.optional(),
    needs: names.optional(),
    reversible: text.optional(),
  })
  .refine(
    (option) => ['goto', 'end'].filter((key) => key in option).length + (option.again === true ? 1 : 0) <= 1,
    rule('WB108', 'An option has at most one of: goto, end, again'),
  )
  .meta({ id: 'option' });

const allowance = {
  tolerance: z
    .string()
    .refine((value) => parseTolerance(value) !== null, rule('WB102', 'is not a share like `25%`'))
    .optional()
    .meta({ description: 'How far it may be off, as a share of the median of the baseline.' }),
  floor: z.number().min(0).optional().meta({ description: 'How far it may be off at least, in its unit.' }),
  worse: z.enum(['higher', 'lower', 'either']).optional(),
  up: name.optional().meta({ description: 'A probe that answers 1 while what is measured is there.' }),
  gaps: z
    .enum(['missing', 'zero'])
    .optional()
    .meta({ description: '`zero`: no value while `up` says 1 is 0, as for a counter of errors.' }),
};

const comparedMetric = z.strictObject({
  probe: name,
  against: name.optional(),
  ...allowance,
  critical: flag.optional(),
  group: name.optional(),
  weight: z.number().positive().max(1_000).optional(),
});

/** A series against its baseline, or against another one at the same time. */
const comparison = z
  .strictObject({
    probe: name.optional(),
    against: name.optional().meta({ description: 'A probe that is measured at the same time.' }),
    metrics: z.array(comparedMetric).min(1).max(50).optional(),
    baseline: text
      .optional()
      .meta({ description: 'A span before the release or the start: `release-60m..release`.' }),
    settle: duration.optional(),
    current: duration,
    extend: duration.optional().meta({ description: 'Looks on for so long while it is inconclusive.' }),
    every: duration.optional(),
    ...allowance,
  })
  .refine(
    (given) => 'probe' in given !== 'metrics' in given,
    rule('WB108', '`compare` has exactly one of: probe, metrics'),
  )
  .refine(
    (given) => !('against' in given && 'metrics' in given),
    rule('WB101', '`against` belongs to each of the metrics'),
  );

const waiting = z.union([duration, z.strictObject({ until: template }), check]);

/** Fields of each kind, besides those that every step has. */
const kindShapes = <Inner extends z.ZodType>(steps: Inner) => ({
  run: { run: argv, ...onward, ...timed, ...change, ...process, ...routes },
  shell: { shell: text, ...onward, ...timed, ...change, ...process, ...routes },
  check: { check, ...timed, ...routes, evidence: evidence.optional() },
  compare: { compare: comparison, ...timed, ...routes },
  smoke: {
    smoke: z.array(smokeTest).min(1).max(50),
    via: z
      .strictObject({
        proxy: template.optional().meta({ description: 'The address that customers reach.' }),
        each_instance: template
          .optional()
          .meta({ description: 'A list of addresses, or of things that have a `url` and a `name`.' }),
      })
      .refine((given) => Object.keys(given).length > 0, rule('WB103', '`via` names no way')),
    stable: count.max(100).optional().meta({ description: 'Passes in a row that make one good; 3.' }),
    every: duration.optional(),
    within: duration
      .optional()
      .meta({ description: 'How long a test may fail before its first pass: what is still starting.' }),
    opens: opens.optional(),
    ...timed,
    ...routes,
  },
  decide: {
    decide: template,
    show: names.optional(),
    options: z.array(decideOption),
    recommend: expression.optional(),
    objections: duration.optional(),
    ...timed,
    ...routes,
  },
  approve: {
    approve: template,
    not: name.optional(),
    count: count.max(20).optional(),
    expires: duration.optional(),
    ...timed,
    ...routes,
  },
  manual: {
    manual: template,
    where: where.optional(),
    changes: text.optional(),
    ...timed,
    ...change,
    ...routes,
  },
  confirm: { confirm: template, value: template, ...timed, ...routes },
  wait: { wait: waiting, ...timed, ...routes },
  notify: { notify: name, text: template, ...timed, ...routes },
  barrier: { barrier: name, ...timed, ...routes },
  parallel: { parallel: steps },
  each: {
    each: z
      .strictObject({
        in: template.optional(),
        endless: flag.optional().meta({
          description: 'Instead of `in`: 1, 2, 3, … until an option or a route leads out of it.',
        }),
        as: name,
        order: z.enum(['given', 'reverse', 'leader_last']).optional(),
        gap: duration.optional(),
        stop_on: z.enum(['fail']).optional(),
      })
      .refine(
        (value) => 'in' in value !== (value.endless === true),
        rule('WB108', '`each` has exactly one of: in, endless'),
      ),
    steps,
  },
  use: {
    use: text,
    with: z
      .record(name, z.union([scalar, argv]))
      .optional()
      .meta({ description: 'What the inputs of the file are here; a list where one is of the type `argv`.' }),
    override: z.record(z.string(), z.json()).optional(),
    skip: names.optional(),
  },
  release: { release: names.min(1), ...onward, ...timed, ...routes },
  end: { end: outcome },
});

const shapes = kindShapes(z.array(z.unknown()));
export type WrittenKind = keyof typeof shapes;
export const writtenKinds = Object.keys(shapes) as readonly WrittenKind[];

/** The kinds that a step as written names: exactly one in a good one. */
export const kindsIn = (value: object): readonly WrittenKind[] =>
  writtenKinds.filter((kind) => Object.hasOwn(value, kind));

/** How steps are checked: by the one kind that they name, so that a mistake is reported against that kind. */
export function checkedSteps(): z.ZodType {
  const steps: z.ZodType = z.lazy(() => z.array(step).min(1));
  const byKind = new Map<string, z.ZodType>(
    Object.entries(kindShapes(steps)).map(([kind, shape]) => [kind, z.strictObject({ ...about, ...shape })]),
  );
  const step = z.unknown().check((ctx) => {
    const { value } = ctx;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      ctx.issues.push({ code: 'invalid_type', expected: 'object', input: value });
      return;
    }
    const refuse = (code: 'WB104', message: string, path: string[]): void => {
      ctx.issues.push({ code: 'custom', input: value, path, ...rule(code, message) });
    };
    const [kind, ...others] = kindsIn(value);
    const schema = kind === undefined ? undefined : byKind.get(kind);
    if (kind === undefined || schema === undefined)
      return refuse('WB104', `This step has no kind${meant(Object.keys(value))}`, []);
    if (others.length > 0)
      return refuse('WB104', `This step is both ${[kind, ...others].join(' and ')}`, [others[0] ?? '']);
    const result = schema.safeParse(value, { error: unknownKeys, jitless: true }); // as in `validate`
    if (!result.success)
      for (const issue of result.error.issues)
        ctx.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
  });
  return steps;
}

/** Says which key was probably meant; zod knows the shape here and nowhere later. */
export function unknownKeys(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const { inst } = issue;
  const known = inst instanceof z.ZodObject ? Object.keys(inst.shape) : [];
  return issue.keys.map((key) => `Unknown key \`${key}\`.${didYouMean(key, known)}`).join('\n');
}

function meant(keys: readonly string[]): string {
  const key = keys.map((written) => nearest(written, writtenKinds)).find((found) => found !== null);
  return key === undefined || key === null
    ? `; it has exactly one of: ${writtenKinds.join(', ')}`
    : `. Did you mean "${key}"?`;
}

/** The same steps for the JSON Schema: any one of the kinds. */
export function describedSteps(): z.ZodType {
  const steps: z.ZodType = z.lazy(() => z.array(step).min(1));
  const options = Object.entries(kindShapes(steps)).map(([kind, shape]) =>
    z.strictObject({ ...about, ...shape }).meta({ id: `step_${kind}`, title: kind }),
  );
  const step: z.ZodType = z
    .union(options as unknown as readonly [z.ZodType, ...z.ZodType[]])
    .meta({ id: 'step' });
  return steps;
}

type About = z.infer<z.ZodObject<typeof about>>;
export type StepDocOf<Kind extends WrittenKind> = About & z.infer<z.ZodObject<(typeof shapes)[Kind]>>;
export type StepDoc = { [Kind in WrittenKind]: StepDocOf<Kind> }[WrittenKind];
export type OpensDoc = z.infer<typeof opens>;
export type ComparisonDoc = z.infer<typeof comparison>;
export type SmokeDoc = StepDocOf<'smoke'>;
export type RoutesDoc = z.infer<z.ZodObject<typeof routes>>['on'];

/** Steps inside a step were checked with it; only the type does not say so. */
export const innerSteps = (steps: readonly unknown[]): readonly StepDoc[] => steps as readonly StepDoc[];
