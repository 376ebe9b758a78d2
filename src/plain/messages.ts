import type { MessageView, SessionView } from '../machine/view.ts';

const stateWords: Readonly<Record<MessageView['state'], string>> = {
  due: 'is on its way',
  sent: 'was delivered',
  failed: 'DID NOT ARRIVE',
  told: 'was told by a person',
};

/** A message with how it went; where it did not arrive with its words, to be copied and told by another way. */
function messageLine({
  at,
  to,
  audience,
  state,
  detail,
  acknowledged,
  text,
  debt,
}: MessageView): readonly string[] {
  const head = `message ${at} to ${audience ?? to} ${stateWords[state]}${detail === '' ? '' : `: ${detail}`}${acknowledged === null ? '' : `, acknowledged ${acknowledged}`}`;
  if (state !== 'failed') return [head];
  return [
    head,
    ...(debt === null ? [] : [`  tell them, then type: told ${debt} HOW`]),
    '  the words:',
    ...text.split('\n').map((line) => `    ${line}`),
  ];
}

export const messageLines = ({ messages = [] }: SessionView): readonly string[] =>
  messages.flatMap((message) =>
    message.state === 'failed'
      ? messageLine(message)
      : [...messageLine(message), ...message.text.split('\n').map((line) => `    ${line}`)],
  );

/** Messages whose state has changed from one view to the next. */
export const messageNews = (before: SessionView | null, { messages = [] }: SessionView): readonly string[] =>
  messages
    .filter(({ key, state }) => before?.messages?.find((old) => old.key === key)?.state !== state)
    .filter(({ state }) => state !== 'due')
    .flatMap(messageLine);
