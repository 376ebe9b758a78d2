import { randomBytes } from 'node:crypto';

/**
 * The name of a session, and of every record beside sessions. Sortable, readable over the phone: day, time and four
 * letters without look-alikes.
 */
export function newRecordId(iso: string): string {
  const letters = 'abcdefghjkmnpqrstvwxyz';
  const tail = [...randomBytes(4)].map((byte) => letters[byte % letters.length]).join('');
  return `${iso.slice(0, 10).replaceAll('-', '')}-${iso.slice(11, 16).replace(':', '')}-${tail}`;
}
