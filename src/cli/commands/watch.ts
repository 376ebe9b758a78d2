import { readFileSync, statSync } from 'node:fs';
import { readWebhook, dedupeKeyOf } from '../../actions/alert-webhook.ts';
import { systemClock, timeOf } from '../../actions/clock.ts';
import type { Delivery, WebhookAnswer } from '../../actions/webhook-server.ts';
import { isLoopback, listenTrouble, openWebhookServer } from '../../actions/webhook-server.ts';
import { OperatorError } from '../../errors.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import type { FactOf } from '../../machine/facts.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import { parseDuration } from '../../runbook/duration.ts';
import type { Match } from '../../session/alert-matching.ts';
import { belongsTo, isRepeat, matchAlerts } from '../../session/alert-matching.ts';
import type { AlertGroup } from '../../session/proposals.ts';
import { proposalWords, proposedOf } from '../../session/proposals.ts';
import { inertLine } from '../inert-line.ts';
import { openLedgerForWriting } from '../ledger.ts';
import { appendOutside } from '../records/outside-record.ts';
import { expireProposals, knownRunbooks, readProposal, readProposals } from '../proposals/proposals-here.ts';
import { newRecordId } from '../records/record-id.ts';
import { runbooksHere } from '../proposals/runbooks-here.ts';
import type { Surroundings } from '../surroundings.ts';
import { version } from '../version.ts';

export interface WatchFlags {
  readonly listen: string;
  readonly env?: string;
  readonly expire: string;
  readonly tokenFile?: string;
  readonly json?: true;
}

/** How often proposals are looked through for those that nobody decided in time. */
const sweepMs = 5_000;

/**
 * `walkback watch`: takes the webhooks of Alertmanager and proposes rollbacks on the home screen. It starts nothing and
 * touches no target. Runs until it is stopped.
 */
export async function watch(
  around: Surroundings,
  given: readonly string[],
  flags: WatchFlags,
): Promise<number> {
  const { host, port } = listenPlace(flags.listen);
  const token = tokenOf(flags);
  if (token === null && !isLoopback(host)) {
    throw new OperatorError(`${flags.listen} can be reached from other machines, and no token guards it.`, [
      'Give one: --token-file FILE; Alertmanager shows it as http_config.authorization.credentials.',
      'Or listen on loopback: --listen 127.0.0.1:9095',
    ]);
  }
  const expireMs = parseDuration(flags.expire);
  if (expireMs === null || expireMs === 0)
    throw new OperatorError(`--expire takes a span like 4h, not “${flags.expire}”.`, [
      'Leave it out for 4h.',
    ]);
  const files = given.length > 0 ? given : runbooksHere(around);
  const known = knownRunbooks(files, (file) => {
    throw new OperatorError(`${file} cannot run, so nothing can be proposed from it.`, [
      `See why: walkback lint ${file}`,
    ]);
  });
  if (known.length === 0)
    throw new OperatorError('There is no runbook here.', ['Name some: walkback watch RUNBOOK…']);
  if (flags.env !== undefined && !known.some(({ environments }) => environments.includes(flags.env ?? '')))
    throw new OperatorError(`No runbook here has an environment called ${flags.env}.`, [
      `They have: ${[...new Set(known.flatMap(({ environments }) => environments))].join(', ')}.`,
    ]);

  const ledger = openLedgerForWriting(around);
  const clock = systemClock();
  const id = newRecordId(clock.now().iso);
  const say = (words: string, data: Readonly<Record<string, unknown>>): void =>
    around.write(
      flags.json === true
        ? `${JSON.stringify({ schema: 'walkback.watch/1', at: clock.now().iso, ...data })}\n`
        : `${clock.now().iso.slice(11, 19)} ${inertLine(words)}\n`,
    );
  const refused = (refusal: Omit<FactOf<'signal.refused'>, 'type'>): void => {
    appendOutside(ledger, id, 'walkback', () => [{ type: 'signal.refused', ...refusal }]);
    say(`refused with ${refusal.status}: ${refusal.reason}`, { event: 'refused', ...refusal });
  };
  const inbox: Inbox = {
    ledger,
    watch: id,
    expireMs,
    environment: flags.env ?? null,
    // read again each time: a proposal names the bytes that are there now
    runbooks: () => knownRunbooks(files, (file) => say(`${file} cannot run now`, { event: 'broken', file })),
    say,
    refused,
  };
  const server = await openWebhookServer({
    host,
    port,
    token,
    nowMs: clock.mono,
    onDelivery: (delivery) => receive(inbox, delivery),
    onRefused: refused,
  }).catch((error: unknown) => {
    ledger.close();
    throw new OperatorError(`Cannot listen on ${flags.listen}: ${listenTrouble(error)}.`, [
      'Give another place: --listen 127.0.0.1:PORT (0 takes any free port).',
    ]);
  });
  try {
    appendOutside(ledger, id, around.user, () => [
      {
        type: 'watch.started',
        by: around.user,
        listen: server.address,
        token: token !== null,
        runbooks: known.map((one) => one.id),
        expireMs,
        program: `walkback ${version}`,
      },
    ]);
    say(
      `listening on http://${server.address}/ for ${known.map((one) => one.id).join(', ')} (record ${id})`,
      {
        event: 'listening',
        url: `http://${server.address}/`,
        runbooks: known.map((one) => one.id),
        record: id,
      },
    );
    const code = await untilStopped(clock, () => {
      for (const proposal of expireProposals(ledger, clock.now().ms))
        say(`expired: ${proposedOf(proposal)}, ${proposalWords(proposal)}`, {
          event: 'expired',
          proposal: proposal.id,
        });
    });
    appendOutside(ledger, id, around.user, () => [
      { type: 'watch.stopped', by: around.user, reason: code === 130 ? 'got SIGINT' : 'got SIGTERM' },
    ]);
    return code;
  } finally {
    await server.close();
    ledger.close();
  }
}

interface Inbox {
  readonly ledger: Ledger;
  readonly watch: string;
  readonly expireMs: number;
  readonly environment: string | null;
  readonly runbooks: () => ReturnType<typeof knownRunbooks>;
  readonly say: (words: string, data: Readonly<Record<string, unknown>>) => void;
  readonly refused: (refusal: Omit<FactOf<'signal.refused'>, 'type'>) => void;
}

/** One webhook: recorded first, answered then. */
function receive(inbox: Inbox, { body, rawHash, bytes }: Delivery): WebhookAnswer {
  const read = readWebhook(body, (iso) => timeOf(epochMsOf(iso)).iso);
  if (!read.ok) {
    inbox.refused({ status: 400, reason: read.why, rawHash, bytes });
    return { status: 400, body: { error: read.why } };
  }
  const { group } = read;
  const { matches, strangers } = matchAlerts(group, inbox.runbooks(), inbox.environment);
  const proposals = matches.map((match) => propose(inbox, group, match, rawHash));
  if (strangers.length > 0) {
    const alerts = strangers.map(({ alert }) => alert);
    const detail = [...new Set(strangers.map(({ why }) => why))].join('; ');
    appendOutside(inbox.ledger, inbox.watch, 'walkback', () => [
      signalOf(group, alerts, rawHash, { repeat: false, detail: `opens nothing: ${detail}` }),
    ]);
    inbox.say(`${alerts.map(({ name }) => name).join(', ')} opens nothing: ${detail}`, {
      event: 'unknown',
      alerts: alerts.map(({ name }) => name),
      detail,
    });
  }
  return {
    status: 200,
    body: { proposals: proposals.flatMap((one) => one ?? []), unknown: strangers.map(({ why }) => why) },
  };
}

/** Adds what a match says to its proposal, or opens one. Answers the proposal; null where nothing had to be opened. */
function propose(inbox: Inbox, group: AlertGroup, match: Match, rawHash: string): string | null {
  const { ledger, say } = inbox;
  const now = systemClock().now();
  const known = belongsTo(match, readProposals(ledger, { all: true }), now.ms);
  const fires = match.alerts.some(({ status }) => status === 'firing');
  if (known === null && !fires) {
    appendOutside(ledger, inbox.watch, 'walkback', () => [
      signalOf(group, match.alerts, rawHash, { repeat: false, detail: 'over before anything was proposed' }),
    ]);
    return null;
  }
  const id = known?.id ?? newRecordId(now.iso);
  const repeat = known !== null && isRepeat(match, known);
  const detail =
    known === null ? `proposes ${proposedOf(match)}` : repeat ? 'the same again' : 'adds to the proposal';
  appendOutside(ledger, id, 'walkback', () => [
    ...(known === null ? [openingOf(inbox, match)] : []),
    signalOf(group, match.alerts, rawHash, { repeat, detail }),
  ]);
  const proposal = readProposal(ledger, id);
  if (proposal !== null)
    say(`${known === null ? 'proposed' : detail}: ${proposedOf(proposal)}, ${proposalWords(proposal)}`, {
      event: known === null ? 'proposed' : 'signal',
      proposal: id,
      runbooks: proposal.candidates.map((one) => one.id),
      environment: proposal.environment,
      signals: proposal.signals,
      repeat,
    });
  return id;
}

const signalOf = (
  group: AlertGroup,
  alerts: AlertGroup['alerts'],
  rawHash: string,
  what: { readonly repeat: boolean; readonly detail: string },
): FactOf<'signal.received'> => ({
  type: 'signal.received',
  dedupeKey: dedupeKeyOf({ ...group, alerts }),
  rawHash,
  groupKey: group.groupKey,
  receiver: group.receiver,
  truncated: group.truncated,
  alerts: [...alerts],
  ...what,
});

function openingOf(inbox: Inbox, match: Match): FactOf<'proposal.opened'> {
  const { candidates, environment, matched } = match;
  const one = (key: 'title' | 'service' | 'hash' | 'file'): string =>
    [...new Set(candidates.map((candidate) => candidate[key]))].join(' or ');
  return {
    type: 'proposal.opened',
    runbook: {
      id: proposedOf(match),
      title: one('title'),
      service: one('service'),
      hash: one('hash'),
      file: one('file'),
    },
    candidates: [...candidates],
    environment,
    matched,
    expireMs: inbox.expireMs,
    watch: inbox.watch,
  };
}

function listenPlace(text: string): { readonly host: string; readonly port: number } {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(text);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new OperatorError(`--listen takes an address and a port, not “${text}”.`, [
    'Write it like 127.0.0.1:9095.',
  ]);
}

/** The token stands in a file that only its owner reads. */
function tokenOf({ tokenFile }: WatchFlags): string | null {
  if (tokenFile === undefined) return null;
  const unreadable = (why: string): OperatorError =>
    new OperatorError(`${tokenFile} is no token: ${why}.`, [
      'Make one: (umask 077; head -c 24 /dev/urandom | base64 > token)',
    ]);
  let text: string;
  try {
    if ((statSync(tokenFile).mode & 0o077) !== 0) throw unreadable('others may read it');
    text = readFileSync(tokenFile, 'utf8').trim();
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw unreadable(error instanceof Error ? error.message : String(error));
  }
  if (text.length < 16) throw unreadable('it is shorter than 16 characters');
  return text;
}

/** Sweeps until a signal comes; answers its exit code. */
function untilStopped(clock: ReturnType<typeof systemClock>, sweep: () => void): Promise<number> {
  return new Promise((resolve, reject) => {
    let cancel = (): void => undefined;
    const again = (): void => {
      try {
        sweep();
        cancel = clock.after(sweepMs, again);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    again();
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      process.once(signal, () => {
        cancel();
        resolve(code);
      });
    }
  });
}
