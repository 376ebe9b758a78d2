import { error, type Rule } from './rule.ts';

/** Messages. */
export const commsRules = {
  WB801: error(
    'Not a moment for a message',
    'Use started, decided, executing, phase:ID, every:15m, restored, ended or escalated.',
    'The message would never be due, and people would wait for news that does not come.',
  ),
  WB802: error(
    'A message for a phase that is not there',
    'Name a phase of this runbook.',
    'The phase would never begin, and the message would never be sent.',
  ),
  WB803: error(
    'A sink that cannot acknowledge',
    'Remove `ack`, or send it over a channel with `http` or `run`.',
    'A file never answers: every such message would end as one that nobody has confirmed.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;
