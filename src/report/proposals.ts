import type { Proposal } from '../session/proposals.ts';
import { proposalWords, proposedOf } from '../session/proposals.ts';
import { alignedTable } from './columns.ts';
import { inertJson } from './inert.ts';
import { dateText } from './time.ts';

const proposalsSchemaId = 'walkback.proposals/1';

/** What became of a proposal: `open`, `dismissed by ada: a load test`. */
function fateOf({ decided }: Proposal): string {
  if (decided === null) return 'open';
  const session = decided.session === null ? '' : `, session ${decided.session}`;
  return `${decided.decision} by ${decided.by}: ${decided.reason}${session}`;
}

/** Proposals as a table, newest first. */
export function proposalsText(proposals: readonly Proposal[], width: number): string {
  if (proposals.length === 0) return 'Nothing is proposed.\n';
  const table = alignedTable(
    proposals,
    [
      { title: 'proposal', value: ({ id }) => id },
      { title: 'opened (UTC)', value: ({ openedAt }) => dateText(openedAt) },
      { title: 'proposes', value: proposedOf },
      { title: 'where', value: ({ environment }) => (environment === '' ? 'not known' : environment) },
      { title: 'because', value: proposalWords, shrinks: true },
      { title: 'state', value: fateOf, shrinks: true },
    ],
    width,
  );
  const open = proposals.find(({ decided }) => decided === null);
  return open === undefined
    ? table
    : `${table}\nstart it: walkback proposals --start ${open.id}\nor not: walkback proposals --dismiss ${open.id} --reason "…"\n`;
}

/** Stable: fields are only ever added. */
export const proposalsJson = (proposals: readonly Proposal[]): string =>
  `${inertJson(
    {
      schema: proposalsSchemaId,
      proposals: proposals.map((proposal) => ({
        ...proposal,
        proposes: proposedOf(proposal),
        because: proposalWords(proposal),
      })),
    },
    2,
  )}\n`;
