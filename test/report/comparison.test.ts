import { expect, test } from 'vitest';
import type { Fact } from '../../src/machine/facts.ts';
import { figuresOf } from '../../src/report/figures.ts';
import { postmortemMarkdown } from '../../src/report/postmortem.ts';
import { readStory } from '../../src/report/story.ts';
import { oneOfEachFact } from '../machine/one-of-each-fact.ts';
import { eventsFrom, sessionId, started } from './events.ts';

const made = oneOfEachFact()['comparison.made'];
const recovered: Fact = { ...made, verdict: 'RECOVERED', attempt: 'swap#2' };
const events = eventsFrom([
  [0, started],
  [60, { ...made, final: false }],
  [90, made],
  [200, recovered],
]);
const input = {
  session: { id: sessionId, outcome: null },
  events,
  output: () => '',
  verified: { ok: true, brokenAt: null },
  program: 'walkback 0.1.0',
};

test('a post-mortem shows baseline, failed release and after side by side, with every figure', () => {
  const [, part = ''] = postmortemMarkdown(input).split('## Comparison with the baseline\n');
  const rows = part.split('\n## ')[0] ?? '';
  expect(rows).toContain('| latency | 200 ms | 900 ms | 400 ms | WORSE |');
  expect(rows).toContain('| WORSE so far |');
  expect(rows).toContain('limit +50 ms, p below 0.001');
  expect(rows).toMatch(/baseline 1970-01-01 .* to .*, failed release/);
});

test('the last verdict of the session is the one that says RECOVERED, and when', () => {
  const figures = figuresOf(readStory(input), events);
  expect(figures.verdict).toBe('RECOVERED');
});

test('without a comparison there is no such section', () => {
  expect(postmortemMarkdown({ ...input, events: eventsFrom([[0, started]]) })).not.toContain(
    'Comparison with',
  );
});
