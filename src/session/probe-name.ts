import type { Probe, Template } from '../runbook/model/values.ts';

/**
 * What a probe is called on the screen and in the record: its id, or what it does where it was written in place, its
 * places said by `say`.
 */
export function probeName(
  { id, source }: Pick<Probe, 'id' | 'source'>,
  say: (template: Template) => string,
): string {
  if (id !== null) return id;
  switch (source.kind) {
    case 'run': {
      const { program } = source.command;
      return program.kind === 'argv' ? program.argv.map(say).join(' ') : program.script;
    }
    case 'http':
      return `${source.method} ${say(source.url)}`;
    case 'tcp':
      return say(source.address);
    case 'sql':
      return `a query on ${source.connection}`;
    case 'prometheus':
      return 'a Prometheus query';
    case 'file':
      return say(source.path);
    case 'ask':
      return say(source.text);
  }
}
