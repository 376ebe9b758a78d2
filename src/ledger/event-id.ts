import { randomBytes } from 'node:crypto';

/**
 * UUIDv7 (RFC 9562): 48 bits of milliseconds, then random bits. Within one generator every id is greater than the
 * one before, also when the clock stands still or steps back.
 */
export function createEventIds(nowMs: () => number): () => string {
  let lastMs = 0;
  let counter = 0;
  return () => {
    const ms = Math.max(Math.floor(nowMs()), lastMs);
    counter = ms === lastMs ? counter + 1 : 0;
    // The 12 bits after the version count within a millisecond (RFC 9562, method 1); past them time is borrowed.
    const overflow = counter > 0xfff;
    lastMs = overflow ? ms + 1 : ms;
    if (overflow) counter = 0;
    const time = lastMs.toString(16).padStart(12, '0');
    const random = randomBytes(8);
    random.writeUInt8((random.readUInt8(0) & 0x3f) | 0x80, 0);
    const tail = random.toString('hex');
    const count = counter.toString(16).padStart(3, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  };
}
