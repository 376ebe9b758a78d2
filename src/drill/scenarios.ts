/** What a restored backup can cost: rows that were counted, or how new the newest of them is. */
export type Loss = 'rows' | 'time';

/** What is right in each fault: the ends that are accepted, and the turns that belong to the way there. */
export interface Scenario {
  readonly fault: string;
  /** The way that keeps what can be kept, as a debrief names it. */
  readonly rightWay: string;
  /** What of the data the fault makes right to give up; all else is lost needlessly, whoever agreed to it. */
  readonly justifies: readonly Loss[];
  /** The shipped runbook that the fault is made for, where it is not the reference runbook. */
  readonly runbook?: string;
  readonly acceptedOutcomes: readonly string[];
  /** Options of a decision that lead away from the right end. */
  readonly wrongOptions: readonly string[];
  /** Steps whose failure, unknown or timeout belongs to the fault: walking out of them is no wrong turn. */
  readonly troubled: readonly string[];
  /** Checks that show the fault: passing over one is going on against the evidence. */
  readonly proofs: readonly string[];
  /** Those of them that keep data from being lost. */
  readonly keepsData: readonly string[];
  /** Checks that show whether customers are served: an end that says so without them is only a claim. */
  readonly showsEffect?: readonly string[];
  /** Steps from which taking it all back is right: there the rollback itself is what is wrong. */
  readonly takenBackFrom?: readonly string[];
  /** How long the release may stay bad before it is restored, domain time in milliseconds. */
  readonly acting: 'roll_back' | 'wait';
}

/** By fault; a fault without an entry accepts every end that is not an abort. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  F01: {
    fault: 'F01',
    rightWay: 'rolling back as soon as the trigger fires',
    justifies: [],
    acceptedOutcomes: ['rolled_back'],
    wrongOptions: ['nothing', 'forward'],
    troubled: [],
    proofs: [],
    keepsData: [],
    acting: 'roll_back',
  },
  F03: {
    fault: 'F03',
    rightWay: 'waiting until the spike is over',
    justifies: [],
    acceptedOutcomes: ['not_needed'],
    wrongOptions: ['rollback', 'forward'],
    troubled: [],
    proofs: [],
    keepsData: [],
    acting: 'wait',
  },
  F04: {
    fault: 'F04',
    rightWay: 'turning the coupons off',
    justifies: [],
    acceptedOutcomes: ['mitigated'],
    wrongOptions: ['rollback', 'nothing', 'dependency', 'forward'],
    troubled: [],
    proofs: ['seen'],
    keepsData: [],
    showsEffect: ['seen'],
    acting: 'wait',
  },
  F05: {
    fault: 'F05',
    rightWay: 'rolling back as soon as the flag is seen to change nothing',
    justifies: [],
    acceptedOutcomes: ['rolled_back'],
    wrongOptions: ['nothing', 'dependency', 'forward', 'look_again'],
    troubled: ['seen'],
    proofs: ['seen'],
    keepsData: [],
    showsEffect: ['seen'],
    acting: 'roll_back',
  },
  F06: {
    fault: 'F06',
    rightWay: 'telling the payment provider',
    justifies: [],
    acceptedOutcomes: ['not_needed'],
    wrongOptions: ['rollback', 'flag', 'nothing', 'forward'],
    troubled: [],
    proofs: [],
    keepsData: [],
    acting: 'wait',
  },
  F07: {
    fault: 'F07',
    rightWay: 'making the new orders readable first, then the schema, then the old release',
    justifies: [],
    acceptedOutcomes: ['rolled_back'],
    wrongOptions: ['nothing', 'forward'],
    troubled: [],
    proofs: ['transform', 'schema_down'],
    keepsData: ['transform'],
    acting: 'roll_back',
  },
  F08: {
    fault: 'F08',
    rightWay: 'closing the session that holds the lock and taking the rest of the schema back',
    justifies: [],
    acceptedOutcomes: ['rolled_back'],
    wrongOptions: ['nothing', 'forward', 'restore'],
    troubled: ['schema_down'],
    proofs: ['schema_down'],
    keepsData: [],
    acting: 'roll_back',
  },
  F09: {
    fault: 'F09',
    rightWay: 'rolling forward with the fix, or the backup with the agreement of its owner',
    justifies: ['rows', 'time'],
    runbook: 'shop_downgrade.yaml',
    acceptedOutcomes: ['rolled_forward', 'rolled_back'],
    wrongOptions: ['nothing', 'stay'],
    troubled: ['way_down_is_whole', 'still_whole'],
    proofs: ['way_down_is_whole', 'still_whole'],
    keepsData: [],
    acting: 'roll_back',
  },
  F10: {
    fault: 'F10',
    rightWay: 'proving the older backup and going back behind it',
    justifies: [],
    runbook: 'shop_downgrade.yaml',
    acceptedOutcomes: ['rolled_back'],
    wrongOptions: ['nothing', 'stay', 'forward', 'restore'],
    troubled: ['proven'],
    proofs: ['proven'],
    keepsData: [],
    acting: 'roll_back',
  },
  F11: {
    fault: 'F11',
    rightWay: 'replacing the instance that did not come along',
    justifies: [],
    acceptedOutcomes: ['rolled_back'],
    wrongOptions: ['nothing', 'forward'],
    troubled: ['deploy', 'healthy', 'serves', 'census'],
    proofs: ['serves', 'census'],
    keepsData: [],
    acting: 'roll_back',
  },
  F12: {
    fault: 'F12',
    rightWay: 'holding the pipeline and going back behind it',
    justifies: [],
    acceptedOutcomes: ['rolled_back'],
    wrongOptions: ['nothing', 'forward'],
    troubled: ['hold_pipeline', 'deploy', 'serves', 'census', 'pipeline_held', 'stays_back'],
    proofs: ['hold_pipeline', 'out_of_main', 'stays_back'],
    keepsData: [],
    acting: 'roll_back',
  },
  F13: {
    fault: 'F13',
    rightWay: 'closing the connection that still writes, and proving the freeze again',
    justifies: [],
    acceptedOutcomes: ['rolled_back'],
    wrongOptions: ['nothing', 'forward'],
    troubled: ['freeze', 'frozen'],
    proofs: ['frozen'],
    keepsData: ['frozen'],
    acting: 'roll_back',
  },
  F19: {
    fault: 'F19',
    rightWay: 'making the standby ready, then shifting',
    justifies: [],
    runbook: 'blue_green_switchback.yaml',
    acceptedOutcomes: ['rolled_back'],
    wrongOptions: ['nothing', 'anyway', 'give_up', 'not_now', 'stay'],
    troubled: ['shift_ready'],
    proofs: ['shift_ready', 'served', 'smoke', 'calm'],
    keepsData: [],
    showsEffect: ['smoke', 'calm'],
    acting: 'roll_back',
  },
  F20: {
    fault: 'F20',
    rightWay: 'taking the shift back, and the configuration before the next one',
    justifies: [],
    runbook: 'blue_green_switchback.yaml',
    acceptedOutcomes: ['rolled_back'],
    wrongOptions: ['nothing', 'stay'],
    troubled: ['smoke', 'calm', 'as_before'],
    proofs: ['smoke', 'calm', 'as_before'],
    keepsData: [],
    showsEffect: ['smoke', 'calm'],
    takenBackFrom: [
      'shift_first',
      'shift_first_look',
      'shift_second',
      'shift_second_look',
      'shift_all',
      'reloaded',
    ],
    acting: 'roll_back',
  },
  F23: {
    fault: 'F23',
    rightWay: 'putting the lost customers back and looking at every reference again',
    justifies: [],
    runbook: 'shop_downgrade.yaml',
    acceptedOutcomes: ['rolled_back'],
    wrongOptions: ['nothing', 'stay', 'forward', 'restore'],
    troubled: ['whole', 'orphaned'],
    proofs: ['whole'],
    keepsData: [],
    acting: 'roll_back',
  },
  F25: {
    fault: 'F25',
    rightWay: 'writing the dump to the disk that has room',
    justifies: [],
    runbook: 'shop_downgrade.yaml',
    acceptedOutcomes: ['rolled_back'],
    wrongOptions: ['nothing', 'stay', 'forward', 'restore'],
    troubled: ['there_is_room'],
    proofs: ['there_is_room', 'dump_proven'],
    keepsData: [],
    acting: 'roll_back',
  },
};

export interface WalkedTurn {
  readonly id: string;
  readonly from: string;
  readonly event: string;
}

/** Whether a turn lies on a way that the scenario accepts. */
export function isAccepted(scenario: Scenario | undefined, { from, event }: WalkedTurn): boolean {
  if (event === 'abort') return scenario?.takenBackFrom?.includes(from) === true;
  if (event === 'skip') return !(scenario?.proofs ?? []).includes(from);
  if (event.startsWith('option:'))
    return !(scenario?.wrongOptions ?? []).includes(event.slice('option:'.length));
  if (['fail', 'unknown', 'timeout', 'denied'].includes(event))
    return scenario?.troubled.includes(from) ?? true;
  return true;
}
