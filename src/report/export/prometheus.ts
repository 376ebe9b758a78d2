import type { Figures } from '../figures.ts';
import type { Story } from '../story.ts';
import { epochMs } from '../time.ts';
import { labelText } from './prometheus-labels.ts';

/**
 * The session's figures in Prometheus' text format, for a node exporter's textfile folder or a push gateway. What the
 * session does not know is left out: a figure that is not there is not zero.
 */
export function exportPrometheus(story: Story, figures: Figures): string {
  const labels = labelText({
    session: story.id,
    runbook: story.started?.runbook.id ?? '',
    service: story.started?.runbook.service ?? '',
    environment: story.started?.environment ?? '',
    mode: story.started?.mode ?? '',
  });
  const one = (name: string, help: string, value: number | null, more = ''): string =>
    value === null
      ? ''
      : `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name}{${labels}${more}} ${String(value)}\n`;
  const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
  const atSeconds = (at: string | null): number | null => (at === null ? null : epochMs(at) / 1000);
  return [
    one(
      'walkback_session_info',
      'One for each session, with how it ended.',
      1,
      `,${labelText({ outcome: story.outcome ?? 'open' })}`,
    ),
    one('walkback_session_start_timestamp_seconds', 'When the session started.', atSeconds(story.startedAt)),
    one('walkback_session_end_timestamp_seconds', 'When the session ended.', atSeconds(story.endedAt)),
    one('walkback_session_duration_seconds', 'From the first event to the end.', seconds(figures.durationMs)),
    one(
      'walkback_session_decide_seconds',
      'From the start of the clock to the decision.',
      seconds(figures.toDecideMs),
    ),
    one(
      'walkback_session_restore_seconds',
      'From the decision to the proof of recovery.',
      seconds(figures.toRestoreMs),
    ),
    one(
      'walkback_session_give_back_seconds',
      'From the decision to the last debt given back.',
      seconds(figures.toGiveBackMs),
    ),
    one('walkback_session_attempts', 'Attempts of steps.', figures.attempts),
    one('walkback_session_retries', 'Attempts that were not the first of their step.', figures.retries),
    one('walkback_session_in_doubt', 'Attempts whose end was not known for a time.', figures.inDoubt),
    one('walkback_session_overrides', 'Steps and reviews passed over by override.', figures.overrides),
    one('walkback_session_unknowns', 'Checks and guards that could not tell.', figures.unknowns),
    one('walkback_session_obligations_opened', 'Debts that were opened.', figures.debts.opened),
    one('walkback_session_obligations_open', 'Debts that are open still.', figures.debts.open),
  ].join('');
}
