import type { SessionView } from '../machine/view.ts';
import type { OutputFeed, SessionClient } from '../session/client.ts';

/** More than this at once is named and left to `output`: a flood must not bury the questions. */
const mostAtOnce = 200;

/** Passes on what the steps under way print, each line once, under the step's name. */
export function outputTeller(client: Pick<SessionClient, 'output'>, say: (text: string) => void) {
  const following = new Map<string, { readonly feed: OutputFeed; told: number }>();

  function pass(attempt: string): void {
    const follow = following.get(attempt) ?? { feed: client.output(attempt), told: 0 };
    following.set(attempt, follow);
    const count = follow.feed.count();
    const from = Math.max(follow.told, count - mostAtOnce);
    if (from > follow.told) say(`output ${attempt}: ${String(from - follow.told)} lines not shown here`);
    for (const { text } of follow.feed.lines(from, count - from)) say(`output ${attempt}: ${text}`);
    follow.told = count;
  }

  function close(attempt: string): void {
    pass(attempt);
    following.get(attempt)?.feed.close();
    following.delete(attempt);
  }

  return {
    /** Says what is new, and lets go of attempts that are over. */
    tell({ current }: SessionView): void {
      const under = new Set(
        current.filter(({ startedAt }) => startedAt !== null).map(({ attempt }) => attempt),
      );
      for (const attempt of under) pass(attempt);
      for (const attempt of [...following.keys()].filter((one) => !under.has(one))) close(attempt);
    },
    end(): void {
      for (const attempt of [...following.keys()]) close(attempt);
    },
  };
}
