/** Where the request lies that an approval signs. */
export const approvalFile = (folder: string, digest: string): string =>
  `${folder}/approval-${digest.replace(/^sha256:/, '').slice(0, 12)}.txt`;

/** Where the text lies that approves an override. */
export const overrideFile = (folder: string, session: string, key: string): string =>
  `${folder}/${session}-${key}.txt`;
