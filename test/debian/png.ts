import { inflateSync } from 'node:zlib';

/** A picture as a browser takes it: its size, and how often each colour stands in it. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `r,g,b` → share of the picture. */
  readonly colours: ReadonlyMap<string, number>;
}

/** Reads a PNG of 8 bits a channel, with or without alpha, not interlaced: what Chromium writes. */
export function readPng(bytes: Buffer): Picture {
  const data: Buffer[] = [];
  let [width, height, channels] = [0, 0, 0];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
      channels = body[9] === 6 ? 4 : 3;
      if (body[8] !== 8 || body[12] !== 0) throw new Error('another kind of PNG');
    }
    if (type === 'IDAT') data.push(body);
    at += length + 12;
  }
  return { width, height, colours: coloursOf(inflateSync(Buffer.concat(data)), width, height, channels) };
}

function coloursOf(
  raw: Buffer,
  width: number,
  height: number,
  channels: number,
): ReadonlyMap<string, number> {
  const line = width * channels;
  const counts = new Map<string, number>();
  let above = Buffer.alloc(line);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (line + 1)];
    const row = Buffer.from(raw.subarray(y * (line + 1) + 1, (y + 1) * (line + 1)));
    for (let x = 0; x < line; x += 1) {
      const left = x < channels ? 0 : (row[x - channels] ?? 0);
      const up = above[x] ?? 0;
      const corner = x < channels ? 0 : (above[x - channels] ?? 0);
      row[x] = ((row[x] ?? 0) + predicted(filter ?? 0, left, up, corner)) & 0xff;
    }
    for (let x = 0; x < line; x += channels) {
      const colour = `${String(row[x])},${String(row[x + 1])},${String(row[x + 2])}`;
      counts.set(colour, (counts.get(colour) ?? 0) + 1 / (width * height));
    }
    above = row;
  }
  return counts;
}

/** What each of the five filters of PNG adds. */
function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const [a, b, c] = [up - corner, left - corner, left + up - 2 * corner].map(Math.abs);
  if (a === undefined || b === undefined || c === undefined) return 0;
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
