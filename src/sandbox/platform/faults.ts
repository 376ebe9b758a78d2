import { seededRandom } from '../random.ts';
import { instanceNames, releases, type InstanceName } from '../releases.ts';
import { fairConditions, type Conditions } from '../shop/conditions.ts';
import type { DomainClock } from '../clock.ts';
import type { DataFaults } from './data-faults.ts';

/** The faults that the sandbox can inject. What each does is at `effects`. */
export const faultIds = [
  'F01',
  'F03',
  'F04',
  'F05',
  'F06',
  'F07',
  'F08',
  'F09',
  'F10',
  'F11',
  'F12',
  'F13',
  'F19',
  'F20',
  'F23',
  'F25',
] as const;
export type FaultId = (typeof faultIds)[number];

export const isFaultId = (value: unknown): value is FaultId =>
  (faultIds as readonly unknown[]).includes(value);

export interface Injector {
  conditions(): Conditions;
  /** The payment provider takes no charge. */
  paymentsDown(): boolean;
  restartIsLost(name: InstanceName, version: string): boolean;
  coldStartMs(version: string): number;
  /** A standby is laid out beside the release. */
  standsBy(): boolean;
  /** An operator deploys this version somewhere. */
  deploying(version: string): Promise<void>;
  /** Bends the shop after `afterMs` of real time; without one, after a seeded 1 to 4 minutes of domain time. */
  arm(fault: FaultId, seed: number, afterMs: number | null): { readonly afterMs: number };
  disarm(): Promise<void>;
  armed(): FaultId | null;
}

export interface InjectorParts extends DataFaults {
  readonly clock: DomainClock;
  /** Hands changed conditions to the shop's processes. */
  readonly push: (conditions: Conditions) => void;
  readonly openReport: () => Promise<void>;
  readonly closeReports: () => Promise<void>;
  /** Half of the instances stand by on the release before, without traffic; `down` is one of them that does not run. */
  readonly layStandby: (down: InstanceName | null) => Promise<void>;
  /** Takes a standby away that nobody has switched to. */
  readonly clearStandby: () => Promise<void>;
  /** Somebody merges a change that has nothing to do with it. */
  readonly merge: (message: string) => Promise<void>;
  /** How many checkouts have failed, as the metrics know it. */
  readonly failedCheckouts: () => number;
  /** The instance that the partner's till is connected to. */
  readonly tillInstance: InstanceName;
}

const spikeMs = 20_000;

/** Orders with a status that the previous release does not know. */
const newerOrders = 37;

/** Customers who go in the middle of the rollback, and whose orders stay. */
const lostCustomers = 5;

/** The flag whose code is wrong, and how long an instance may hold on to what it has heard of it: real time. */
const brokenFlag = 'new_coupons';
const cachedMs = 600_000;

/** How long a cold standby takes to start: real time. */
const coldMs = 5_000;

/** Arms one fault at a time. Nothing that the operator can see carries its name. */
export function injector(parts: InjectorParts): Injector {
  let conditions = fairConditions;
  let lostRestart: InstanceName | null = null;
  let paymentsDown = false;
  let mergeWaits = false;
  let customersGo = false;
  /** What puts right again what was spoilt before the release. */
  let mend: () => void = () => undefined;
  /** The part of the standby that is missing: the rest cannot take the traffic until it is there. */
  let cold: InstanceName | null = null;
  /** The standby, while it is being laid out and after that. */
  let laying: Promise<void> | null = null;
  let current: FaultId | null = null;
  let timers: NodeJS.Timeout[] = [];

  const bend = (change: Partial<Conditions>): void => {
    conditions = { ...conditions, ...change };
    parts.push(conditions);
  };
  const later = (ms: number, work: () => void): void => {
    timers.push(setTimeout(work, ms));
  };
  const failing = (share: number): Partial<Conditions> => ({
    checkoutErrors: { version: releases.current.version, share },
  });

  const behindFlag = { version: releases.current.version, flag: brokenFlag, share: 0.08 };

  /** A spike that nobody met would be none: on a slow machine it lasts until the metrics have seen it. */
  function endSpike(before: number): void {
    if (parts.failedCheckouts() - before >= 3) bend({ checkoutErrors: null });
    else later(20, () => endSpike(before));
  }

  /** Lays the standby out first: what is wrong with it shows as soon as it is looked at. */
  function stand(down: InstanceName | null, change: Partial<Conditions>): void {
    const fault = current;
    laying = parts.layStandby(down).then(
      () => {
        if (current !== fault) return; // disarmed meanwhile
        cold = down;
        bend(change);
      },
      (error: unknown) => console.error(error), // the platform's log
    );
  }

  function begin(fault: FaultId, seed: number): void {
    const before = parts.failedCheckouts();
    switch (fault) {
      case 'F01':
        return bend(failing(0.08));
      case 'F03':
        bend(failing(0.6));
        return later(parts.clock.realSpan(spikeMs), () => endSpike(before));
      case 'F04':
        return bend({ flagErrors: behindFlag });
      case 'F05':
        return bend({ flagErrors: behindFlag, flagTtlMs: cachedMs });
      case 'F06':
        paymentsDown = true;
        return;
      case 'F07':
        parts.writeNewer(newerOrders);
        return bend(failing(0.08));
      case 'F12':
        mergeWaits = true;
        return bend(failing(0.08));
      case 'F08':
        parts.openReport().catch((error: unknown) => console.error(error)); // the platform's log
        return bend(failing(0.08));
      case 'F09':
        mend = parts.spoil.wayBack();
        return bend(failing(0.08));
      case 'F10':
        mend = parts.spoil.newestBackup();
        return bend(failing(0.08));
      case 'F11':
        lostRestart = seededRandom(seed).pick(instanceNames);
        return bend(failing(0.08));
      case 'F13':
        return bend({ ...failing(0.08), keepsSessions: parts.tillInstance });
      case 'F19':
        return stand('shop2', {
          ...failing(0.3),
          standbyErrors: { version: releases.standby.version, share: 0.6 },
        });
      case 'F20':
        // what 2.0.0 brought with its configuration the standby cannot work with
        return stand(null, {
          ...failing(0.08),
          flagErrors: { version: releases.standby.version, flag: brokenFlag, share: 0.6 },
        });
      case 'F23':
        customersGo = true;
        return bend(failing(0.08));
      case 'F25':
        mend = parts.spoil.disk();
        return bend(failing(0.08));
    }
  }

  async function disarm(): Promise<void> {
    for (const timer of timers) clearTimeout(timer);
    timers = [];
    current = null;
    lostRestart = null;
    paymentsDown = false;
    mergeWaits = false;
    customersGo = false;
    mend();
    mend = () => undefined;
    cold = null;
    conditions = fairConditions;
    parts.push(conditions);
    if (laying !== null) {
      await laying;
      laying = null;
      await parts.clearStandby();
    }
    await parts.closeReports();
  }

  return {
    conditions: () => conditions,
    paymentsDown: () => paymentsDown,
    standsBy: () => laying !== null,
    coldStartMs: (version) => (cold !== null && version === releases.standby.version ? coldMs : 0),
    restartIsLost(name, version) {
      if (name === cold && version === releases.standby.version)
        later(coldMs, () => bend({ standbyErrors: null }));
      if (lostRestart !== name || version !== releases.previous.version) return false;
      lostRestart = null; // once: the next deploy or restart of this instance is a real one
      return true;
    },
    async deploying(version) {
      if (version !== releases.previous.version) return; // what follows comes once, in the middle of the rollback
      if (customersGo) parts.loseCustomers(lostCustomers);
      customersGo = false;
      if (!mergeWaits) return;
      mergeWaits = false;
      await parts.merge('Mend the words below the basket');
    },
    arm(fault, seed, afterMs) {
      current = fault;
      const delay = afterMs ?? parts.clock.realSpan(60_000 + seededRandom(seed).next() * 180_000);
      if (delay <= 0) begin(fault, seed);
      else later(delay, () => begin(fault, seed));
      return { afterMs: delay };
    },
    disarm,
    armed: () => current,
  };
}
