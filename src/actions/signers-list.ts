import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/**
 * A signers file that lets patterns or certificates stand for people cannot say who signed: it is refused as a
 * whole, so that nobody relies on the rest of it.
 */
export function whyNotTrusted(signers: string, principal: string): string | null {
  let listed = false;
  for (const [index, line] of signers.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, quoted, bare] = /^(?:"([^"]*)"|(\S+))\s/.exec(line) ?? [];
    const names = quoted ?? bare;
    if (names === undefined) return `line ${index + 1} names nobody.`;
    if (/[*?!]/.test(names)) return `line ${index + 1} has a pattern in place of a name (${names}).`;
    if (/(?:^|[\s,])cert-authority(?:[\s,]|$)/i.test(line.slice(names.length))) {
      return `line ${index + 1} trusts a certificate authority, which does not name the person.`;
    }
    listed ||= names.split(',').includes(principal);
  }
  return listed ? null : `${principal} is not in it.`;
}

interface Entry {
  readonly line: string;
  readonly names: readonly string[];
  /** The key as it is written, base64; empty where the line holds none. */
  readonly key: string;
}

/** The lines of a signers file that was found safe: whom each key belongs to. */
const entriesOf = (signers: string): readonly Entry[] =>
  signers.split(/\r?\n/).flatMap((line) => {
    const [, quoted, bare] = /^(?:"([^"]*)"|([^#\s]\S*))\s/.exec(line) ?? [];
    const names = quoted ?? bare;
    if (names === undefined) return [];
    const key = /(?:^|\s)(?:ssh-|ecdsa-|sk-)\S+\s+([A-Za-z0-9+/=]+)/.exec(line)?.[1] ?? '';
    return [{ line: line.trim(), names: names.split(','), key }];
  });

const fingerprintOf = (key: string): string =>
  `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replaceAll('=', '')}`;

/**
 * Who a verified signature is by: every name that the list gives the person, and the line that lists the key.
 * @param key the fingerprint, `SHA256:…`
 */
export function personsOf(
  signers: string,
  principal: string,
  key: string,
): { readonly names: readonly string[]; readonly signer?: string } {
  const entries = entriesOf(signers);
  const signer = entries.find((entry) => entry.names.includes(principal) && fingerprintOf(entry.key) === key);
  return { names: namesOf(entries, principal), ...(signer === undefined ? {} : { signer: signer.line }) };
}

/** Names of one line are one person, and so are names that share a key, however long the chain between them. */
function namesOf(entries: readonly Entry[], principal: string): readonly string[] {
  const names = new Set([principal]);
  const keys = new Set<string>();
  for (let size = -1; size !== names.size + keys.size;) {
    size = names.size + keys.size;
    for (const entry of entries) {
      if (!keys.has(entry.key) && !entry.names.some((name) => names.has(name))) continue;
      for (const name of entry.names) names.add(name);
      if (entry.key !== '') keys.add(entry.key);
    }
  }
  return [...names];
}
