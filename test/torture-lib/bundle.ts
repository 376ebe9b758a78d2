import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'rolldown';

/** Programs bundled once, as they are shipped: started hundreds of times, sources would cost more than the trials. */
export async function bundlePrograms<Name extends string>(
  sources: Readonly<Record<Name, string>>,
): Promise<{ readonly file: (name: Name) => string; readonly remove: () => void }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wb-programs-'));
  const file = (name: string): string => path.join(folder, `${name}.mjs`);
  for (const [name, source] of Object.entries<string>(sources)) {
    await build({
      input: source,
      platform: 'node',
      logLevel: 'silent',
      output: { file: file(name), codeSplitting: false },
    });
  }
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
