import type { Json } from '../runbook/model/values.ts';
import type { Book } from './book.ts';
import type { Context } from './context.ts';
import { newestOf, recordAt } from './places.ts';
import type { Place } from './facts/values.ts';

/** The newest result of the steps that are read, under their ids; of a step in the same loop, that of the same item. */
export function stepValues(
  book: Book,
  context: Context,
  ids: readonly string[],
  from: Place,
): Record<string, Json> {
  const around = book.steps.get(from.step)?.enclosing ?? [];
  const values: Record<string, Json> = {};
  for (const id of ids) {
    const beside = around.length > 0 && book.steps.get(id)?.enclosing.join('/') === around.join('/');
    const own = beside ? recordAt(context, { step: id, item: from.item }) : undefined;
    const record = own ?? newestOf(context, id);
    if (record === undefined) continue;
    values[id] = {
      result: resultOf[record.status] ?? record.status,
      outputs: { ...record.outputs },
      answer: record.answer,
    };
  }
  return values;
}

const resultOf: Readonly<Record<string, string>> = { done: 'pass', failed: 'fail', unknown: 'unknown' };
