import { Option } from 'commander';
import { timelineKinds } from '../../report/timeline-kinds.ts';
import { documentFormats } from '../records/document-formats.ts';
import { ascii, json, plain } from '../options.ts';
import type { ToolKit } from '../tools/tool-kit.ts';

/** What is on record: lists, figures, documents, proofs, debts. */
export function addRecordCommands({ around, command, done }: ToolKit): void {
  command('sessions', 'sessions on this machine, newest first', 'sessions', 'sessions --open --json')
    .option('--open', 'only those that are not closed')
    .option('--limit <number>', 'how many', '20')
    .addOption(json())
    .action(async (options) => {
      const { sessions } = await import('../commands/sessions.ts');
      done(sessions(around, options));
    });

  command(
    'history [session] [other]',
    'sessions of before: searched and filtered, one’s timeline, or two of them step by step',
    'history',
    'history --service shop --since 90d --search aborted --plain',
    'history 20260301-0312 --about decisions --plain',
    'history 20260301-0312 20260214-2204',
  )
    .option('--search <words>', 'only what has all these words')
    .option('--service <name>', 'of one service')
    .option('--env <name>', 'of one environment')
    .option('--runbook <id>', 'of one runbook')
    .addOption(new Option('--drills', 'only drills').conflicts('live'))
    .option('--live', 'no drills')
    .option('--since <time>', 'from this time on, or so long ago: 2026-01-01, 90d')
    .option('--until <time>', 'up to this time')
    .addOption(
      new Option('--about <kind>', 'of a timeline: only the events about this').choices(timelineKinds),
    )
    .option('--limit <number>', 'how many sessions are listed', '50')
    .addOption(plain())
    .addOption(ascii())
    .addOption(json())
    .action(async (session: string | undefined, other: string | undefined, options) => {
      const { history } = await import('../commands/history.ts');
      done(await history(around, session, other, options));
    });

  command(
    'stats',
    'how often and how long: counts, durations and DORA figures, with their intervals; drills apart',
    'stats --since 90d',
    'stats --service shop --since 2026-01-01 --until 2026-04-01',
    'stats --format prometheus > walkback.prom',
  )
    .option('--since <time>', 'from this time on, or so long ago: 2026-01-01, 90d')
    .option('--until <time>', 'up to this time; now unless given')
    .option('--service <name>', 'of one service')
    .option('--env <name>', 'of one environment')
    .option('--runbook <id>', 'of one runbook')
    .addOption(
      new Option('--format <format>', 'what to write').choices(['text', 'csv', 'prometheus']).default('text'),
    )
    .addOption(ascii())
    .addOption(json())
    .action(async (options) => {
      const { stats } = await import('../commands/stats.ts');
      done(await stats(around, options));
    });

  command(
    'show [session]',
    'one session: its figures, its debts and everything that happened',
    'show 20260301-0312',
  )
    .addOption(json())
    .action(async (session: string | undefined, options) => {
      const { show } = await import('../commands/show.ts');
      done(show(around, session, options));
    });

  command(
    'export [session]',
    'a session as a document, as its chained events, or whole as a bundle',
    'export 20260301-0312 --format md > post-mortem.md',
    'export 20260301-0312 --format html > post-mortem.html',
    'export --bundle ./incident-7 --sign ~/.ssh/id_ed25519',
  )
    .addOption(
      new Option('--format <format>', 'what to write').choices([...documentFormats, 'jsonl']).default('md'),
    )
    .option('--bundle <folder>', 'everything, with sums that sha256sum verifies, in a new folder')
    .option('--sign <key>', 'sign the sums of the bundle with this SSH key')
    .option('--redacted', 'leave free text and values out; the chain still verifies (jsonl, bundle)')
    .option('--names', 'real names instead of roles')
    .action(async (session: string | undefined, options) => {
      const { exportSession } = await import('../commands/export.ts');
      done(await exportSession(around, session, options));
    });

  command(
    'verify [session]',
    'recompute the chain of a session, or of an exported file',
    'verify',
    'verify 20260301-0312',
    'verify 20260301-0312 --head "twelve words of its head"',
    'verify --file session.jsonl',
    'verify --bundle folder --head "42 6f1d…" --signers allowed_signers --signer ada',
  )
    .option('--file <file>', 'an exported JSONL file instead of the ledger')
    .option('--bundle <folder>', 'a bundle: its sums, its chain and its head')
    .option('--head <head>', 'a head that was kept elsewhere: its twelve words, or its number and hash')
    .option('--signers <file>', 'who may have signed the sums; with --bundle')
    .option('--signer <name>', 'who has to have signed them; with --signers')
    .addOption(json())
    .action(async (session: string | undefined, options) => {
      const { verify } = await import('../commands/verify.ts');
      done(await verify(around, session, options));
    });

  command(
    'obligations',
    'what is owed, by which session; gives back, carries or waives a debt',
    'obligations',
    'obligations --release freeze --session 20260301-0312',
  )
    .option('--session <id>', 'of one session')
    .option('--release <debt>', 'run the way back of a debt of an ended session, then its proof')
    .option('--carry <debt>', 'make it due later: with --owner, --due and --reason')
    .option('--waive <debt>', 'give it up: with --reason')
    .option('--owner <name>', 'who owns a carried debt')
    .option('--due <date>', 'when a carried debt is due')
    .option('--reason <text>', 'why')
    .option('--all', 'also those that are paid')
    .addOption(json())
    .action(async (options) => {
      const { obligations } = await import('../commands/obligations.ts');
      done(await obligations(around, options));
    });
}
