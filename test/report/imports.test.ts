import { execa } from 'execa';
import { expect, test } from 'vitest';

test.each(['show', 'lists', 'jsonl', 'json', 'postmortem'])(
  '%s starts without loading a schema library',
  async (name) => {
    const { stdout } = await execa(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { registerHooks } from 'node:module';
     const loaded = [];
     registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
     await import(${JSON.stringify(new URL(`../../src/report/${name}.ts`, import.meta.url).href)});
     console.log(JSON.stringify(loaded));`,
    ]);
    const loaded = JSON.parse(stdout) as readonly string[];

    expect(loaded.length).toBeGreaterThan(2);
    expect(loaded.filter((url) => url.includes('/node_modules/'))).toEqual([]);
  },
);
