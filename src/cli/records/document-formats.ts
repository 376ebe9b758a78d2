/** What one document of a session can be written as; `jsonl`, the chain itself, is written from the ledger's rows. */
export const documentFormats = [
  'md',
  'html',
  'json',
  'csv',
  'otlp',
  'junit',
  'cloudevents',
  'prometheus',
  'asciicast2',
  'asciicast3',
  'patch',
] as const;

export type DocumentFormat = (typeof documentFormats)[number];
