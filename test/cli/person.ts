import type { TestTerminal } from '../tty-lib/terminal.ts';
import { graceMs } from '../tty-lib/terminal.ts';

/** A person at the linear front end: waits for the offer, and answers no sooner than anybody could have read it. */
export async function say(terminal: TestTerminal, waitFor: string | RegExp, line: string): Promise<void> {
  await terminal.waitFor(waitFor, 60_000);
  await terminal.waitForQuiet(graceMs + 100, 60_000);
  terminal.press(`${line}\r`);
}

/** Runs the step that is offered, and says yes. */
export async function runStep(terminal: TestTerminal, step: string): Promise<void> {
  await say(terminal, new RegExp(`\\(${step}, attempt \\d+\\) is ready[^]*you can type: run`), 'run');
  await say(terminal, /Type yes to run it, anything else to leave it: $/m, 'yes');
  await terminal.waitFor(new RegExp(`step ${step} (done|released)`), 60_000);
}
