import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { formsOf } from './secret-forms.ts';

/** One comes from the environment, one from a file; both have what encodings change. */
export const fromEnvironment = 'kq3/Zr8+vT61=mWx"4';
export const fromFile = 'hG7-pLs2 wQ9éTn5';
export const secrets = [fromEnvironment, fromFile];

/** Prints both in every way that a careless program does; notes what it really got, where nobody records it. */
export const leak = `#!${process.execPath}
const { appendFileSync, writeSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const print = (text) => writeSync(1, text + '\\n');
async function main() {
  for (const secret of [process.env.FIRST, process.env.SECOND]) {
    appendFileSync(process.env.HOME + '/got', secret + '\\n');
    print('whole ' + secret);
    print('base64 ' + Buffer.from(secret).toString('base64'));
    print('in base64 ' + Buffer.from('user:' + secret).toString('base64'));
    print('hex ' + Buffer.from(secret).toString('hex'));
    print('uri ' + encodeURIComponent(secret));
    print('json ' + JSON.stringify({ secret }));
    writeSync(2, 'error: ' + secret + '\\n');
    writeSync(1, 'halves ' + secret.slice(0, 7));
    await sleep(150);
    print(secret.slice(7));
  }
  print('all printed');
}
main();
`;

export const leaking = `walkback: 1
id: leaking
title: Use secrets carelessly
service: shop
owner: payments
objective: 10m
maturity: staging
inputs:
  first: { type: secret, env: FIRST_SECRET }
  second: { type: secret, from: { file: ./token } }
environments:
  staging: {}
phases:
  - id: work
    title: Work
    steps:
      - id: careless
        title: Print them
        run: [./leak]
        env: { FIRST: '\${{ inputs.first }}', SECOND: '\${{ inputs.second }}' }
        undo: { run: ['true'] }
      - { id: done, end: rolled_back }
`;

/** Where either secret stands in these bytes, in whatever encoding. */
export function hits(bytes: Buffer, where: string): readonly string[] {
  return secrets.flatMap((secret, which) =>
    formsOf(secret)
      .filter((form) => bytes.includes(form))
      .map((form) => `${where}: secret ${which} as ${form.slice(0, 6)}…`),
  );
}

/** A file that is gone by now (SQLite's journal of a lock) holds nothing. */
export function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

export const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
