import type { SessionView } from '../machine/view.ts';
import { postmortemDebt } from '../session/postmortem-duty.ts';

/** Something that is left to do once a session is over: what for, and the command or the place. */
export interface NextStep {
  readonly label: string;
  readonly command: string;
  /** Empty where the label says it all. */
  readonly note: string;
}

/**
 * What comes after the end, most pressing first: the post-mortem with the day it is owed by, where its draft lies and how
 * the record is handed on. `draft` is the file that the close writes; null where it is not known here.
 */
export function nextSteps(view: SessionView, draft: string | null): readonly NextStep[] {
  const { id } = view.session;
  const duty = view.obligations.find(
    (debt) => debt.key === postmortemDebt && (debt.state === 'open' || debt.state === 'carried'),
  );
  const drift = view.drift.some(
    ({ patch, disposed }) => (patch ?? '') !== '' && disposed?.how !== 'reverted',
  );
  return [
    { label: 'post-mortem', command: `walkback postmortem ${id}`, note: dutyNote(duty) },
    ...(draft === null || view.status !== 'closed' ? [] : [{ label: 'its draft', command: draft, note: '' }]),
    { label: 'export', command: `walkback export ${id} --format html`, note: '' },
    ...(drift
      ? [{ label: 'by hand', command: `walkback export ${id} --format patch`, note: 'what was changed' }]
      : []),
    { label: 'what happened', command: `walkback show ${id}`, note: '' },
    { label: 'proof', command: `walkback verify ${id}`, note: '' },
    ...(view.head === undefined
      ? []
      : [
          {
            label: 'its head',
            command: view.head,
            note: 'keep it elsewhere: verify --head holds the record to it',
          },
        ]),
  ];
}

function dutyNote(duty: SessionView['obligations'][number] | undefined): string {
  if (duty === undefined) return 'asks what only people know';
  const by = duty.owner === null ? '' : ` by ${duty.owner}`;
  return `owed${by}, ${dueText(duty)}`;
}

/** Until when a debt that is due later is to be paid: its day in UTC. */
export function dueText({
  due,
  overdue,
}: {
  readonly due: string | null;
  readonly overdue: boolean;
}): string {
  if (due === null) return 'no date';
  return overdue ? `OVERDUE since ${due.slice(0, 10)}` : `overdue after ${due.slice(0, 10)}`;
}
