import { nightlyBackups, truncateBackup } from '../database/backups.ts';
import { loseCustomers } from '../database/customers.ts';
import type { ShopDatabase } from '../database/open.ts';
import { layScripts, loseWayBack } from '../database/scripts.ts';
import { writeNewerRows } from '../database/transform.ts';
import { fillVolume, freeVolume } from '../volumes.ts';

/** What can be wrong with the data and what it rests on. Each of `spoil` answers what mends it. */
export interface DataFaults {
  /** Makes so many orders such that only the new release can read them. */
  readonly writeNewer: (orders: number) => void;
  /** So many customers go whose orders stay. */
  readonly loseCustomers: (customers: number) => void;
  readonly spoil: {
    /** Nobody wrote the way back of the migration that splits the names. */
    readonly wayBack: () => () => void;
    /** The newest backup was cut off in the middle. */
    readonly newestBackup: () => () => void;
    /** The disk of the backups is full. */
    readonly disk: () => () => void;
  };
}

/** The migration that splits the names. */
const split = 4;

/** The faults that lie in the data of the shop, each with how it is undone. */
export function dataFaults(folder: string, database: () => ShopDatabase): DataFaults {
  return {
    writeNewer: (orders) => writeNewerRows(database(), orders),
    loseCustomers: (customers) => void loseCustomers(database(), customers),
    spoil: {
      wayBack: () => {
        loseWayBack(folder, split);
        return () => layScripts(folder);
      },
      newestBackup: () => {
        const [newest] = nightlyBackups(folder);
        return newest === undefined ? () => undefined : truncateBackup(folder, newest);
      },
      disk: () => {
        fillVolume(folder, 'main');
        return () => freeVolume(folder, 'main');
      },
    },
  };
}
