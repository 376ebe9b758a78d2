import type { CurrentStep } from '../machine/view.ts';
import type { OutputFeed, SessionClient } from '../session/client.ts';
import { asksPerson } from './state/screen-state.ts';

export interface FollowedOutput {
  /** What is on the screen: the newest output that there is. */
  readonly feed: () => OutputFeed | null;
  /** Follows the step on the screen; answers its attempt when the screen goes over to its output, else null. */
  readonly follow: (step: CurrentStep | null) => string | null;
  readonly close: () => void;
}

/** Output of the step on the screen; until it prints something, what was printed last stays. */
export function followedOutput(client: SessionClient): FollowedOutput {
  let feed: OutputFeed | null = null;
  let next: OutputFeed | null = null;
  return {
    feed: () => feed,
    follow(step) {
      if (step !== null && step.attempt !== feed?.attempt && step.attempt !== next?.attempt) {
        next?.close();
        next = client.output(step.attempt);
      }
      if (next === null) return null;
      const runs = step?.status === 'performing' && !asksPerson(step);
      if (next.count() === 0 && !runs) return null;
      feed?.close();
      feed = next;
      next = null;
      return feed.attempt;
    },
    close() {
      feed?.close();
      next?.close();
    },
  };
}
