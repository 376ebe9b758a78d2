import type Sqlite from 'better-sqlite3';

/** Lets a transaction of ours write to a file that `freeze sqlite` has frozen; it never holds a row that others see. */
export const passTable = '"walkback_pass"';

const isFrozen = (raw: Sqlite.Database): boolean =>
  raw.prepare("select 1 from sqlite_schema where type = 'table' and name = 'walkback_pass'").get() !==
  undefined;

/** Takes the pass for the transaction that has begun, where the file is frozen. */
export function takePass(raw: Sqlite.Database): void {
  if (isFrozen(raw)) raw.exec(`insert or ignore into ${passTable} values (1)`);
}

/** Gives it back before the commit; the transaction may have thawed the file, or frozen it. */
export function givePassBack(raw: Sqlite.Database): void {
  if (isFrozen(raw)) raw.exec(`delete from ${passTable}`);
}
