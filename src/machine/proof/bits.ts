/** Sets of small numbers as 32-bit words: what the proofs carry along every edge. All of one proof have one length. */
export type Bits = Uint32Array;

export const noBits = (size: number): Bits => new Uint32Array(Math.ceil(size / 32));

export const allBits = (size: number): Bits => new Uint32Array(Math.ceil(size / 32)).fill(0xffff_ffff);

export const hasBit = (bits: Bits, index: number): boolean =>
  (((bits[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;

export function setBit(bits: Bits, index: number): void {
  bits[index >>> 5] = (bits[index >>> 5] ?? 0) | (1 << (index & 31));
}

export function clearBit(bits: Bits, index: number): void {
  bits[index >>> 5] = (bits[index >>> 5] ?? 0) & ~(1 << (index & 31));
}

export const union = (left: Bits, right: Bits): Bits => left.map((word, index) => word | (right[index] ?? 0));

export const intersection = (left: Bits, right: Bits): Bits =>
  left.map((word, index) => word & (right[index] ?? 0));

export const sameBits = (left: Bits, right: Bits): boolean =>
  left.every((word, index) => word === right[index]);
