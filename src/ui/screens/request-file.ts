import type { SessionView } from '../../machine/view.ts';

/** Where the request lies that an approval signs. */
export const approvalFile = (folder: string, digest: string): string =>
  `${folder}/approval-${digest.replace(/^sha256:/, '').slice(0, 12)}.txt`;

/** Where the text lies that approves an override. */
export const overrideFile = (folder: string, session: string, key: string): string =>
  `${folder}/${session}-${key}.txt`;

/** Everything that is asked to be signed now, with the name of its file in the folder for copies. */
export function requestFiles({
  current,
  authorityRequest,
  overrides,
  session,
}: Pick<SessionView, 'current' | 'authorityRequest' | 'overrides' | 'session'>): readonly {
  readonly path: string;
  readonly text: string;
}[] {
  const requests = [
    ...current.flatMap(({ approval }) => approval ?? []),
    ...(authorityRequest === null ? [] : [authorityRequest]),
  ];
  return [
    ...requests.map(({ digest, request }) => ({ path: approvalFile('', digest).slice(1), text: request })),
    ...overrides.map(({ key, request }) => ({
      path: overrideFile('', session.id, key).slice(1),
      text: request,
    })),
  ];
}
