import type { Step } from '../model/step.ts';
import type { Node } from '../node.ts';
import { child } from '../node.ts';
import type { StepDoc } from '../schema/steps.ts';
import { innerSteps, kindsIn } from '../schema/steps.ts';
import type { Context } from './context.ts';
import { optionalMs, say, templateOf, within } from './context.ts';
import { defaults } from './defaults.ts';
import type { Around, Kinds } from './step-base.ts';
import { withCaptured, baseOf } from './step-base.ts';
import type { Builder } from './step-kinds.ts';
import { singleSteps, titled } from './step-kinds.ts';

export function stepsOf(
  context: Context,
  docs: readonly StepDoc[],
  node: Node,
  around: Around,
): readonly Step[] {
  return docs.flatMap((doc, index) => stepOf(context, doc, child(node, index), around) ?? []);
}

function stepOf(outer: Context, doc: StepDoc, node: Node, around: Around): Step | null {
  const [kind] = kindsIn(doc);
  if (kind === undefined || kind === 'use') return null;
  const context = withCaptured(outer, doc);
  return builders[kind](context, doc as never, node, baseOf(context, doc, node, around, kind));
}

/** One builder a kind; those that hold steps stand here, for what they hold is resolved by `stepsOf` again. */
const builders: { readonly [Kind in Kinds]: Builder<Kind> } = {
  ...singleSteps,
  parallel: (context, doc, node, base) => {
    const around: Around = { phase: base.phase, enclosing: base.enclosing, parallel: base.id };
    const steps = stepsOf(context, innerSteps(doc.parallel), child(node, 'parallel'), around);
    return { ...titled(base, 'At the same time'), timeoutMs: defaults.inside, kind: 'parallel', steps };
  },
  each: (context, doc, node, base) => {
    const at = child(node, 'each');
    const around: Around = {
      phase: base.phase,
      enclosing: [...base.enclosing, base.id],
      parallel: base.parallel,
      loop: base.id,
    };
    const inner = within(context, { [doc.each.as]: 'any' });
    if (Object.hasOwn(context.scope, doc.each.as)) {
      say(context, 'WB311', child(at, 'as').at, `\`${doc.each.as}\` already stands for something here.`);
    }
    return {
      ...titled(base, `For each ${doc.each.as}`),
      timeoutMs: defaults.inside,
      kind: 'each',
      in: doc.each.endless === true ? { parts: [], at: at.at } : templateOf(context, child(at, 'in')),
      ...(doc.each.endless === true ? { endless: true } : {}),
      as: doc.each.as,
      order: doc.each.order ?? 'given',
      gapMs: optionalMs(context, at, 'gap', 0),
      steps: stepsOf(inner, innerSteps(doc.steps), child(node, 'steps'), around),
    };
  },
};
