import type { Collection, Entry } from './pieces.ts';

/** The blocks of a runbook and of a fragment from the top down, as the format's example has them. */
const topOrder = [
  'walkback',
  'walkback_fragment',
  'id',
  'title',
  'service',
  'owner',
  'objective',
  'maturity',
  'template',
  'version',
  'inputs',
  'environments',
  'review',
  'roles',
  'authority',
  'escalate',
  'connections',
  'channels',
  'slo',
  'scope',
  'probes',
  'triggers',
  'decide',
  'window',
  'invariants',
  'watch',
  'locks',
  'evidence',
  'drift',
  'comms',
  'postmortem',
  'failure_modes',
  'changes',
  'phases',
  'steps',
  'branches',
] as const;

/** What names a thing comes first; the order of the rest is how its author tells it. */
const itemOrder = ['id', 'title'] as const;

/** Puts the blocks of the file, and the names of list items, in order; comments go with what they stand at. */
export function putInOrder(root: Collection): void {
  sortBy(root, topOrder);
  orderItems(root);
}

function orderItems(piece: Collection): void {
  for (const entry of piece.entries) {
    const { value } = entry;
    if (value.kind === 'scalar') continue;
    if (value.kind === 'map' && (piece.kind === 'list' || entry.key?.name === 'opens')) {
      sortBy(value, itemOrder, true);
      const [first] = value.entries;
      if (piece.kind === 'list' && first !== undefined) hoist(entry, first);
    }
    orderItems(value);
  }
}

/** What stood above an entry that is now beside the dash stands above the dash. */
function hoist(item: Entry, first: Entry): void {
  item.lead.push(...first.lead.filter((line) => line !== ''));
  first.lead.length = 0;
}

/** Known keys in their order; one that is not known stays behind the known one before it, or behind all of `ahead`. */
function sortBy(map: Collection, order: readonly string[], ahead = false): void {
  const rank = ({ key }: Entry): number => order.indexOf(key?.name ?? '');
  if (ahead) {
    const named = map.entries.filter((entry) => rank(entry) >= 0).toSorted((a, b) => rank(a) - rank(b));
    map.entries.splice(0, Infinity, ...named, ...map.entries.filter((entry) => rank(entry) < 0));
    return;
  }
  const groups: Entry[][] = [];
  for (const entry of map.entries) {
    if (rank(entry) >= 0 || groups.length === 0) groups.push([entry]);
    else groups.at(-1)?.push(entry);
  }
  const headRank = ([head]: readonly Entry[]): number => (head === undefined ? -1 : rank(head));
  map.entries.splice(0, Infinity, ...groups.toSorted((a, b) => headRank(a) - headRank(b)).flat());
}
