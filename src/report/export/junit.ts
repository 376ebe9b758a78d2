import type { AttemptStory, Story } from '../story.ts';
import { between } from '../time.ts';
import { xmlText } from './xml.ts';

export interface JunitInput {
  readonly story: Story;
  /** The last lines of what an attempt printed, already redacted. */
  readonly output: (attempt: string) => string;
}

/**
 * The session as a JUnit report, for the pages that pipelines already show: one case a step (its last attempt), failed
 * and unknown apart (`failure`, `error`), what was passed over as `skipped`.
 */
export function exportJunit({ story, output }: JunitInput): string {
  const last = new Map(story.attempts.map((attempt) => [attempt.place, attempt]));
  const cases = [...last.values()];
  const kinds = cases.map(kindOf);
  const count = (kind: Kind) => String(kinds.filter((one) => one === kind).length);
  const name = xmlText(story.started?.runbook.id ?? 'session');
  const time = seconds(story.startedAt, story.endedAt ?? story.lastAt);
  const figures = `tests="${String(cases.length)}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${time}"`;
  const lines = cases.flatMap((attempt, index) => caseLines(attempt, kinds[index] ?? 'passed', name, output));
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="walkback" ${figures}>`,
    `  <testsuite name="${name}" id="0" hostname="${xmlText(story.started?.environment ?? '')}" timestamp="${(story.startedAt ?? '').replace(/(\.\d+)?Z$/, '')}" ${figures}>`,
    '    <properties>',
    `      <property name="session" value="${xmlText(story.id)}"/>`,
    `      <property name="outcome" value="${xmlText(story.outcome ?? 'goes on')}"/>`,
    '    </properties>',
    ...lines,
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')}\n`;
}

type Kind = 'passed' | 'failure' | 'error' | 'skipped';

function kindOf({ judged, skipped, doubt, ended, result }: AttemptStory): Kind {
  if (skipped !== null || result === 'not needed') return 'skipped';
  if (doubt !== null && doubt.resolved?.as !== 'done') return 'error';
  if (judged === 'unknown' || result === 'not settled') return 'error';
  if (judged === 'fail') return 'failure';
  if (judged === 'pass' || ended === null) return 'passed';
  return ended.ending === 'exited' && ended.exitCode === 0 ? 'passed' : 'failure';
}

function caseLines(
  attempt: AttemptStory,
  kind: Kind,
  suite: string,
  output: JunitInput['output'],
): readonly string[] {
  const printed = output(attempt.attempt);
  const message = xmlText(attempt.result);
  const why = xmlText(
    attempt.readings
      .filter(({ result }) => result !== 'pass')
      .map(
        ({ subject, value, expected, detail }) =>
          `${subject}: ${value ?? 'no value'}, expected ${expected}. ${detail}`,
      )
      .join('\n'),
  );
  return [
    `    <testcase name="${xmlText(attempt.place)}" classname="${suite}" time="${seconds(attempt.firstAt, attempt.lastAt)}">`,
    ...(kind === 'passed'
      ? []
      : kind === 'skipped'
        ? [`      <skipped message="${message}"/>`]
        : [`      <${kind} message="${message}">${why}</${kind}>`]),
    ...(printed === '' ? [] : [`      <system-out>${xmlText(printed)}</system-out>`]),
    '    </testcase>',
  ];
}

const seconds = (from: string | null, to: string | null): string =>
  from === null || to === null ? '0' : (Math.max(0, between(from, to)) / 1000).toFixed(3);
