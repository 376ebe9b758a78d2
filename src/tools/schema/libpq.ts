type Environment = Readonly<Record<string, string>>;

/** What an address says besides where: libpq's own name of each, and the variable that it reads. */
const variables: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  sslmode: 'PGSSLMODE',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslrootcert: 'PGSSLROOTCERT',
  options: 'PGOPTIONS',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  channel_binding: 'PGCHANNELBINDING',
};

/**
 * The environment in which a program of PostgreSQL reaches the server that `DATABASE_URL` names: the very one that our own
 * connection goes to, with its parameters (`?host=/run/postgresql&port=5433&sslmode=verify-full`), which come first as they do
 * there. Without that variable PG* say it.
 */
export function libpqEnvironment(env: Environment): Environment {
  // what our own connection does not read must not lead this one elsewhere
  const { DATABASE_URL: given, PGHOSTADDR: _address, PGSERVICE: _service, ...others } = env;
  if (given === undefined || !URL.canParse(given)) return others;
  const url = new URL(given);
  const parts: Record<string, string> = {
    PGHOST: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    PGPORT: url.port,
    PGUSER: decodeURIComponent(url.username),
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: decodeURIComponent(url.pathname.slice(1)),
  };
  for (const [name, value] of url.searchParams) {
    const variable = variables[name];
    // node-postgres alone has this one: encrypted, with whoever answers
    if (variable !== undefined) parts[variable] = value === 'no-verify' ? 'require' : value;
  }
  // what the address leaves out is taken from PG*, as there
  return { ...others, ...Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== '')) };
}

/** The address as sqitch takes it, which holds no secret. */
export function sqitchTarget(env: Environment): string {
  const { PGHOST: host = '', PGPORT: port, PGUSER: user, PGDATABASE: database = '' } = env;
  const at = host.includes(':') ? `[${host}]` : encodeURIComponent(host);
  return `db:pg://${user === undefined ? '' : `${encodeURIComponent(user)}@`}${at}${port === undefined ? '' : `:${port}`}/${encodeURIComponent(database)}`;
}
