import { z } from 'zod';
import { OperatorError } from '../../errors.ts';
import { readRulesFile } from '../rules-file.ts';

const id = z.string().regex(/^[a-z][a-z0-9_]*$/, 'is a name like orders');
const variable = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'is the name of a variable, like PG_ORDERS');
const name = z.string().min(1).max(63);

const planSchema = z
  .strictObject({
    walkback_freeze: z.literal(1),
    stores: z
      .array(
        z.union([
          z.strictObject({ id, postgres: variable, application: variable, roles: z.array(name).min(1) }),
          z.strictObject({ id, sqlite: z.string().min(1), except: z.array(name).default([]) }),
        ]),
      )
      .min(1)
      .max(20),
  })
  .refine(
    ({ stores }) => new Set(stores.map((store) => store.id)).size === stores.length,
    'two stores have the same id',
  );

export type StorePlan = Readonly<z.infer<typeof planSchema>>['stores'][number];

/** Which stores are frozen as one. */
export const readStores = (file: string): readonly StorePlan[] =>
  readRulesFile(file, planSchema).rules.stores;

/** One store, with its own way of being frozen. */
export interface Store {
  readonly id: string;
  state(): Promise<'open' | 'frozen' | 'leaking'>;
  /** `marker` says where it was, to compare at the thaw: a place in the log of writes. */
  freeze(): Promise<{
    readonly state: 'frozen' | 'leaking' | 'unproven' | 'refused';
    readonly why: string;
    readonly marker: string | null;
  }>;
  /** @returns whether it is open again, and what is to be said about it */
  thaw(): Promise<{ readonly open: boolean; readonly detail: string }>;
}

export interface StoreLine {
  readonly id: string;
  readonly state:
    'frozen' | 'leaking' | 'unproven' | 'refused' | 'unknown' | 'thawed' | 'open' | 'still_frozen';
  readonly detail: string;
  readonly marker: string | null;
}

export interface StoresResult {
  /** `frozen` says that each of them was seen to refuse writes; `open` that none is frozen by this call. */
  readonly state: 'frozen' | 'open' | 'partly';
  readonly unknown: boolean;
  readonly stores: readonly StoreLine[];
}

/** Freezes each in turn. The first that is not proven ends it: what was open before this call thaws again, in reverse. */
export async function freezeStores(stores: readonly Store[]): Promise<StoresResult> {
  const mine: Store[] = [];
  const lines: StoreLine[] = [];
  for (const store of stores) {
    const line = await freezeOne(store, () => mine.push(store));
    lines.push(line);
    if (line.state === 'frozen') continue;
    const back = await thawAll(mine);
    const before = lines.filter(
      ({ id: name, state }) => state === 'frozen' && !mine.some((one) => one.id === name),
    );
    const isOpen = before.length === 0 && back.every(({ state }) => state === 'thawed');
    return { state: isOpen ? 'open' : 'partly', unknown: isUnknown(line.state), stores: [...lines, ...back] };
  }
  return { state: 'frozen', unknown: false, stores: lines };
}

/** `wasOpen` is told before anything changes: a freeze that fails half way has to be taken back as well. */
async function freezeOne(store: Store, wasOpen: () => void): Promise<StoreLine> {
  try {
    if ((await store.state()) === 'open') wasOpen();
    const { state, why, marker } = await store.freeze();
    return { id: store.id, state, detail: why, marker };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { id: store.id, state: 'unknown', detail: firstLine(error), marker: null };
  }
}

/** Thaws each, the last one first; one that does not thaw holds up none of the others. */
export async function thawStores(stores: readonly Store[]): Promise<StoresResult> {
  const lines = await thawAll(stores);
  const bad = lines.filter(({ state }) => state !== 'thawed');
  return {
    state: bad.length > 0 ? 'partly' : 'open',
    unknown: bad.some(({ state }) => isUnknown(state)),
    stores: lines,
  };
}

/** @throws OperatorError exit code 30 where one of them cannot be asked */
export async function stateOf(
  stores: readonly Store[],
): Promise<StoresResult & { readonly leaking: boolean }> {
  const lines: StoreLine[] = [];
  for (const store of stores)
    lines.push({ id: store.id, state: await store.state(), detail: '', marker: null });
  const all = (state: string): boolean => lines.every((line) => line.state === state);
  return {
    state: all('frozen') ? 'frozen' : all('open') ? 'open' : 'partly',
    leaking: lines.some(({ state }) => state === 'leaking'),
    unknown: false,
    stores: lines,
  };
}

async function thawAll(stores: readonly Store[]): Promise<readonly StoreLine[]> {
  const lines: StoreLine[] = [];
  for (const store of stores.toReversed()) {
    const { id: name } = store;
    try {
      const { open, detail } = await store.thaw();
      lines.push({ id: name, state: open ? 'thawed' : 'still_frozen', detail, marker: null });
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      lines.push({ id: name, state: 'unknown', detail: firstLine(error), marker: null });
    }
  }
  return lines;
}

const isUnknown = (state: string): boolean => state === 'unknown' || state === 'unproven';

const firstLine = ({ message }: Error): string => message.split('\n')[0] ?? '';
