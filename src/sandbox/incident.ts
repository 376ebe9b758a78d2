import { readFileSync } from 'node:fs';
import path from 'node:path';

/** One thing that happened to the incident, as one JSON line; what is left out stays as it was. */
export interface IncidentLine {
  readonly at: string;
  readonly state?: string;
  readonly severity?: string;
  readonly commander?: string;
  readonly note?: string;
}

export interface ShopIncident {
  readonly id: string;
  readonly state: string;
  readonly severity: string;
  readonly commander: string;
  /** What the desk was told, oldest first. */
  readonly notes: readonly string[];
}

export const incidentFile = (folder: string): string => path.join(folder, 'incident.jsonl');

/** Somebody has opened it by the time that anybody is called. */
const opened: ShopIncident = {
  id: 'INC-1042',
  state: 'investigating',
  severity: 'SEV2',
  commander: 'eva',
  notes: [],
};

/** The shop's incident: as it was opened, and everything that its desk was told since. */
export function readIncident(folder: string): ShopIncident {
  const lines = textOf(incidentFile(folder))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as IncidentLine);
  return lines.reduce(
    (now, { state, severity, commander, note }) => ({
      id: now.id,
      state: state ?? now.state,
      severity: severity ?? now.severity,
      commander: commander ?? now.commander,
      notes: note === undefined ? now.notes : [...now.notes, note],
    }),
    opened,
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
