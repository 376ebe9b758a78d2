import { expect, test } from 'vitest';
import { libpqEnvironment, sqitchTarget } from '../../../src/tools/schema/libpq.ts';

const target = (url: string): string => sqitchTarget(libpqEnvironment({ DATABASE_URL: url }));

test.each([
  ['postgres://ada@db.example/shop', 'db:pg://ada@db.example/shop'],
  // two clusters on one machine: without its parameters this address is the other one, and its schema would be taken back
  ['postgres:///shop?host=/run/postgresql&port=5433&user=ada', 'db:pg://ada@%2Frun%2Fpostgresql:5433/shop'],
  ['postgres://ada@db.example:5432/shop?host=10.0.0.7&port=6000', 'db:pg://ada@10.0.0.7:6000/shop'],
  ['postgres://ada@%2Frun%2Fpostgresql/shop', 'db:pg://ada@%2Frun%2Fpostgresql/shop'],
  ['postgres://ada@[::1]:5433/shop', 'db:pg://ada@[::1]:5433/shop'],
])('%s leads sqitch to the server that our own connection reaches', (url, wanted) => {
  expect(target(url)).toBe(wanted);
});

test('how the address wants to be encrypted goes along, and nothing of the environment leads elsewhere', () => {
  const env = libpqEnvironment({
    DATABASE_URL: 'postgres://ada:p%40ss@db.example/shop?sslmode=verify-full&sslrootcert=/etc/ca.pem',
    PGHOSTADDR: '10.0.0.9',
    PGSERVICE: 'other',
    PGHOST: 'other.example',
    PGPORT: '5433',
    PATH: '/usr/bin',
  });
  expect(env).toEqual({
    PATH: '/usr/bin',
    PGHOST: 'db.example',
    PGPORT: '5433',
    PGUSER: 'ada',
    PGPASSWORD: 'p@ss',
    PGDATABASE: 'shop',
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: '/etc/ca.pem',
  });
  expect(libpqEnvironment({ DATABASE_URL: 'postgres://h/d?sslmode=no-verify' })['PGSSLMODE']).toBe('require');
});
