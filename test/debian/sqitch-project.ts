import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';

/* A project of Debian's sqitch for PostgreSQL: five changes, each a table of its own, the tag @v1.8 after the second. */

const changes = ['a', 'b', 'c', 'd', 'e'] as const;
const kinds = ['deploy', 'revert', 'verify'] as const;
export type SqlKind = (typeof kinds)[number];

export const putSql = (folder: string, kind: SqlKind, name: string, sql: string): void =>
  writeFileSync(path.join(folder, kind, `${name}.sql`), sql);

export const dropOf = (name: string): string =>
  `-- Revert shop:${name} from pg\nBEGIN;\nDROP TABLE ${name};\nCOMMIT;\n`;

/** Writes the project to a folder that is there. */
export function writeSqitchProject(folder: string): void {
  for (const kind of kinds) mkdirSync(path.join(folder, kind));
  writeFileSync(
    path.join(folder, 'sqitch.conf'),
    '[core]\n\tengine = pg\n[user]\n\tname = Ada\n\temail = ada@shop.example\n',
  );
  const lines = changes.map(
    (name, index) =>
      `${name} ${index === 0 ? '' : `[${changes[index - 1] ?? ''}] `}2026-01-0${index + 1}T00:00:00Z Ada <ada@shop.example> # ${name}`,
  );
  lines.splice(2, 0, '@v1.8 2026-01-02T12:00:00Z Ada <ada@shop.example> # the release before');
  writeFileSync(
    path.join(folder, 'sqitch.plan'),
    `%syntax-version=1.0.0\n%project=shop\n\n${lines.join('\n')}\n`,
  );
  for (const name of changes) {
    putSql(folder, 'deploy', name, `BEGIN;\nCREATE TABLE ${name} (id int);\nCOMMIT;\n`);
    putSql(folder, 'revert', name, dropOf(name));
    putSql(folder, 'verify', name, `BEGIN;\nSELECT id FROM ${name} WHERE false;\nROLLBACK;\n`);
  }
}

/** Calls sqitch itself on a database, as a release pipeline does; what it printed. */
export async function runSqitch({
  command,
  url,
  folder,
  env,
}: {
  readonly command: string;
  readonly url: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<string> {
  const { password } = new URL(url);
  const target = `db:pg:${url.replace(/^postgres:/, '').replace(`:${password}`, '')}`;
  const { all } = await execa('sqitch', [command, target], {
    cwd: folder,
    env: { ...env, PGPASSWORD: password },
    extendEnv: false,
    all: true,
  });
  return all;
}
