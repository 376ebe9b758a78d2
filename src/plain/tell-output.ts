import type { SessionView } from '../machine/view.ts';
import type { OutputFeed, SessionClient } from '../session/client.ts';

/** More than this at once is named and left to `output`: a flood must not bury the questions. */
const mostAtOnce = 200;
/** Attempts whose last lines may still be on their way after the step has moved on. */
const kept = 8;

/** Passes on what the steps under way print, each line once it is there (one that grows, again), under the attempt's name. */
export function outputTeller(client: Pick<SessionClient, 'output'>, say: (text: string) => void) {
  const following = new Map<string, { readonly feed: OutputFeed; told: number; lastText: string }>();
  let under: readonly string[] = [];

  function pass(attempt: string): void {
    const follow = following.get(attempt) ?? { feed: client.output(attempt), told: 0, lastText: '' };
    following.set(attempt, follow);
    const count = follow.feed.count();
    // the last line may have been told before it was whole
    const [last] = follow.feed.lines(follow.told - 1, 1);
    if (last !== undefined && last.text !== follow.lastText) follow.told -= 1;
    const from = Math.max(follow.told, count - mostAtOnce);
    if (from > follow.told)
      say(
        `output ${attempt}: ${String(from - follow.told)} lines not shown here, see the log of the session`,
      );
    for (const { text } of follow.feed.lines(from, count - from)) {
      say(`output ${attempt}: ${text}`);
      follow.lastText = text;
    }
    follow.told = count;
  }

  function letGo(attempt: string): void {
    following.get(attempt)?.feed.close();
    following.delete(attempt);
  }

  return {
    /** Says what is new. */
    tell({ current }: SessionView): void {
      // An attempt that left the view meanwhile may have run between two looks.
      const now = current.flatMap(({ attempt, shown }) => (shown?.argv == null ? [] : [attempt]));
      const begun = current.flatMap(({ attempt, startedAt, shown }) =>
        startedAt === null || shown?.argv == null ? [] : [attempt],
      );
      for (const attempt of new Set([
        ...following.keys(),
        ...under.filter((one) => !now.includes(one)),
        ...begun,
      ]))
        pass(attempt);
      under = now;
      for (const attempt of [...following.keys()].slice(0, Math.max(0, following.size - kept)))
        letGo(attempt);
    },
    end(): void {
      for (const attempt of following.keys()) {
        pass(attempt);
        letGo(attempt);
      }
    },
  };
}
