import type { Command } from 'commander';
import type { Surroundings } from '../surroundings.ts';

/** What every group of tools needs from the program: a command with examples, and what to do with an exit code. */
export interface ToolKit {
  readonly around: Surroundings;
  command(name: string, description: string, ...examples: readonly string[]): Command;
  examples(...lines: readonly string[]): string;
  done(code: number): void;
}
