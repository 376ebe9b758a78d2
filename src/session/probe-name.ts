import type { Probe, Template } from '../runbook/model/values.ts';

/** What a probe is called on the screen and in the record: its id, or what it does where it was written in place. */
export function probeName({ id, source }: Pick<Probe, 'id' | 'source'>): string {
  if (id !== null) return id;
  switch (source.kind) {
    case 'run': {
      const { program } = source.command;
      return program.kind === 'argv' ? program.argv.map(words).join(' ') : program.script;
    }
    case 'http':
      return `${source.method} ${words(source.url)}`;
    case 'tcp':
      return words(source.address);
    case 'sql':
      return `a query on ${source.connection}`;
    case 'prometheus':
      return 'a Prometheus query';
    case 'file':
      return words(source.path);
    case 'ask':
      return words(source.text);
  }
}

/** A template as it was written, its places in braces. */
const words = ({ parts }: Template): string =>
  parts.map((part) => (typeof part === 'string' ? part : `{${part.source}}`)).join('');
