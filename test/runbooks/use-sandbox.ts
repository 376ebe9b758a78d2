import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import {
  sandboxDown,
  sandboxRestore,
  sandboxSnapshot,
  type Sandbox,
  type SandboxOptions,
} from '../../src/sandbox/sandbox.ts';
import { startSandbox } from '../sandbox/support.ts';
import { openStage, type Stage } from './stage.ts';

/** What a test works with, from its first line on. */
export interface Shop {
  readonly sandbox: Sandbox;
  readonly stage: Stage;
}

/** One sandbox for a file of tests; each test finds it as it came up, with a stage of its own. Sets the hooks of the file. */
export function useSandbox(options: Partial<SandboxOptions> = {}): Shop {
  let sandbox: Sandbox | null = null;
  let stage: Stage | null = null;
  const shop: Shop = {
    get sandbox() {
      if (sandbox === null) throw new Error('There is no sandbox before the tests begin.');
      return sandbox;
    },
    get stage() {
      if (stage === null) throw new Error('There is no stage outside of a test.');
      return stage;
    },
  };
  beforeAll(async () => {
    sandbox = await startSandbox(options);
    await sandboxSnapshot({ folder: sandbox.folder });
  }, 120_000);
  afterAll(() => sandboxDown({ folder: shop.sandbox.folder }), 120_000);
  beforeEach(async () => {
    await sandboxRestore({ folder: shop.sandbox.folder });
    stage = openStage();
  }, 120_000);
  afterEach(() => shop.stage.clear(), 60_000);
  return shop;
}
