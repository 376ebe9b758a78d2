import { z } from 'zod';
import type { Times } from '../times.ts';
import type { ErrorSource, Spans, Tally } from './model.ts';

export interface TrackerPlan {
  /** The list of issues, with the query that names the releases: an answer like Sentry's. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly spans: Spans;
}

/** Pages that are read of one answer. */
const mostPages = 20;

const issueSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).transform(String),
  title: z.string(),
  culprit: z.string().nullish(),
  permalink: z.string().nullish(),
  count: z.coerce.number(),
  firstSeen: z.string(),
  lastSeen: z.string(),
  status: z.string(),
  /** `new`, `ongoing`, `regressed`, `escalating`: what the tracker itself makes of it. */
  substatus: z.string().nullish(),
});
type Issue = z.infer<typeof issueSchema>;

/** The issues of an exception tracker: what it counts is believed, what it calls resolved is gone until it comes back. */
export function trackerSource({ url, headers, spans }: TrackerPlan, times: Times): ErrorSource {
  let found: readonly Tally[] = [];
  let problem: string | null = null;
  return {
    name: url,
    tallies: () => found,
    problem: () => problem,
    close: async () => undefined,
    read: async () => {
      try {
        const issues = await allIssues(url, headers);
        found = issues.map((issue) => tallyOf(issue, spans, times));
        problem = null;
      } catch (error) {
        problem = `${url}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`;
      }
    },
  };
}

async function allIssues(url: string, headers: TrackerPlan['headers']): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  let next: string | null = url;
  for (let page = 0; next !== null; page += 1) {
    if (page >= mostPages) throw new Error(`more than ${mostPages} pages of issues: narrow the query`);
    const response: Response = await fetch(next, { headers, signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    const parsed = z.array(issueSchema).safeParse(await response.json());
    if (!parsed.success) throw new Error('its answer is not a list of issues');
    issues.push(...parsed.data);
    next = nextPage(response.headers.get('link'), next);
  }
  return issues;
}

/** `<https://…>; rel="next"; results="true"`, on the same server: the header that allows us in goes nowhere else. */
function nextPage(link: string | null, from: string): string | null {
  const part = (link ?? '')
    .split(/,\s*(?=<)/)
    .find((one) => /rel="next"/.test(one) && !/results="false"/.test(one));
  const to = part === undefined ? undefined : /^\s*<([^>]*)>/.exec(part)?.[1];
  if (to === undefined) return null;
  const address = new URL(to, from);
  if (address.origin !== new URL(from).origin)
    throw new Error(`its next page is on another server: ${address.origin}`);
  return address.href;
}

function tallyOf(issue: Issue, { releasedMs, sinceMs }: Spans, times: Times): Tally {
  const { id, title, culprit, permalink, count, status, substatus } = issue;
  const firstMs = times.epochMsOf(issue.firstSeen);
  const lastMs = times.epochMsOf(issue.lastSeen);
  if (Number.isNaN(firstMs) || Number.isNaN(lastMs))
    throw new Error(`issue ${id} says no time that can be read`);
  // one that was resolved and came back is not one that was always there
  const isKnown = firstMs < releasedMs && substatus !== 'regressed';
  const goesOn = lastMs >= sinceMs && status !== 'resolved';
  const began = firstMs < sinceMs;
  return {
    id,
    fingerprint: culprit == null || culprit === '' ? title : `${title} in ${culprit}`,
    firstMs,
    lastMs,
    before: isKnown ? 1 : 0,
    during: !isKnown && began ? 1 : 0,
    after: goesOn ? count : 0,
    lastLine: [substatus ?? status, permalink ?? ''].filter((one) => one !== '').join(' '),
  };
}
