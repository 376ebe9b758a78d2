/**
 * Variables that operators' tools need and that are passed on. An allow-list: what is exported by chance (tokens of other
 * tools, `FORCE_COLOR`, `NODE_OPTIONS`, our own marks) must not change what a command does or end up in its output.
 */
const kept: ReadonlySet<string> = new Set(
  `
  HOME USER LOGNAME SHELL PATH HOSTNAME LANG LANGUAGE TZ TMPDIR TERM
  XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
  HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy
  SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS
  SSH_AUTH_SOCK GNUPGHOME KRB5CCNAME KRB5_CONFIG
  KUBECONFIG HELM_KUBECONTEXT HELM_NAMESPACE DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG
  AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
  GOOGLE_APPLICATION_CREDENTIALS CLOUDSDK_CONFIG CLOUDSDK_ACTIVE_CONFIG_NAME CLOUDSDK_CORE_PROJECT
  AZURE_CONFIG_DIR ARM_SUBSCRIPTION_ID OCI_CLI_PROFILE
  VAULT_ADDR VAULT_NAMESPACE CONSUL_HTTP_ADDR NOMAD_ADDR
  PGHOST PGPORT PGUSER PGDATABASE PGSERVICE PGSERVICEFILE PGPASSFILE PGSSLMODE MYSQL_HOME
  ANSIBLE_CONFIG TF_CLI_CONFIG_FILE TF_WORKSPACE
  `
    .trim()
    .split(/\s+/),
);

/** Ours, and never a command's, even where a runbook names them. */
const own = /^(WALKBACK_|NODE_OPTIONS$|FORCE_COLOR$)/;

/**
 * The environment that commands and probes are given.
 * @param also names that the runbook or the operator's settings add, for instance `AWS_SESSION_TOKEN`
 */
export function childEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  also: readonly string[] = [],
): Readonly<Record<string, string>> {
  const wanted = (name: string): boolean =>
    !own.test(name) && (kept.has(name) || name.startsWith('LC_') || also.includes(name));
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && wanted(entry[0]),
    ),
  );
}
