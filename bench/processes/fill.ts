import { openLedger } from '../../src/ledger/open-ledger.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import type { Fact } from '../../src/machine/facts.ts';

/*
 * Fills a ledger through the ledger's own door: `fill.ts <ledger> events <session> <events>` adds facts of no step to
 * a session until it has so many events; `fill.ts <ledger> sessions <count>` adds closed sessions of twelve events.
 */

const [path = '', what = '', ...rest] = process.argv.slice(2);
let at = Date.now();
const now = () => {
  at += 1;
  return { ms: at, iso: new Date(at).toISOString() };
};
const ledger = openLedger({ path, now, mono: () => performance.now(), boot: 'bench' });

const note = (text: string): Fact => ({ type: 'note.added', by: 'ana', text });
/** What is recorded and moves nothing: somebody looks on. */
const seen = (client: string): Fact => ({ type: 'client.detached', client, reason: 'left' });
const item = (fact: Fact) => ({ fact, actor: 'ana', at: now().iso });

if (what === 'events') {
  const [session = '', wanted = '0'] = rest;
  const log = openSessionLog(ledger, session);
  for (let has = log.facts().length; has < Number(wanted);) {
    const more = Math.min(1000, Number(wanted) - has);
    log.append(Array.from({ length: more }, (_, index) => item(seen(`client-${has + index}`))));
    has += more;
  }
  log.close();
} else {
  const [count = '0'] = rest;
  for (let index = 0; index < Number(count); index += 1) {
    const id = `20260101-0000-${String(index).padStart(6, '0')}`;
    const log = openSessionLog(ledger, id);
    log.append([
      item({
        type: 'session.started',
        by: 'ana',
        runbook: {
          id: `runbook_${index % 20}`,
          title: 'A runbook of the bench',
          service: 'bench',
          hash: 'a'.repeat(64),
          file: 'bench.yaml',
          objectiveMs: 900_000,
        },
        mode: 'LIVE',
        environment: 'staging',
        production: false,
        inputs: {},
        speed: 1,
        program: 'walkback bench',
        review: 'not_required',
        reason: null,
      }),
      ...Array.from({ length: 10 }, (_, line) => item(note(`note ${line}`))),
      item({ type: 'session.closed', openDebts: 0 }),
    ]);
    log.close();
  }
}
ledger.close();
