/**
 * Variables that operators' tools need and that are passed on. An allow-list: what is exported by chance (`LD_PRELOAD`,
 * `FORCE_COLOR`, `NODE_OPTIONS`, our own marks) must not change what a command does.
 */
const kept: ReadonlySet<string> = new Set(
  `
  HOME USER LOGNAME SHELL PATH HOSTNAME LANG LANGUAGE TZ TMPDIR TERM COLORTERM
  XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
  HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy
  SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS
  SSH_AUTH_SOCK SSH_AGENT_PID DBUS_SESSION_BUS_ADDRESS GNUPGHOME KRB5CCNAME KRB5_CONFIG
  KUBECONFIG HELM_KUBECONTEXT HELM_NAMESPACE DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG
  OCI_CLI_PROFILE VAULT_ADDR VAULT_NAMESPACE VAULT_TOKEN CONSUL_HTTP_ADDR CONSUL_HTTP_TOKEN NOMAD_ADDR NOMAD_TOKEN
  GH_TOKEN GITHUB_TOKEN GITLAB_TOKEN ERRORS_AUTHORIZATION ALERTMANAGER_AUTHORIZATION MYSQL_HOME ANSIBLE_CONFIG
  GIT_SSH GIT_SSH_COMMAND GIT_ASKPASS GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
  `
    .trim()
    .split(/\s+/),
);

/** Families of variables that belong to one tool, its credentials among them: without them its commands cannot work. */
const keptPrefixes = ['LC_', 'AWS_', 'AZURE_', 'ARM_', 'GOOGLE_', 'CLOUDSDK_', 'PG', 'TF_'];

/** Ours, and never a command's, even where a runbook names them. */
const own = /^(WALKBACK_|NODE_OPTIONS$|FORCE_COLOR$)/;

/**
 * The environment that commands and probes are given.
 * @param also names that the runbook or the operator's settings add, for instance `DEPLOY_KEY`
 */
export function childEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  also: readonly string[] = [],
): Readonly<Record<string, string>> {
  const wanted = (name: string): boolean =>
    !own.test(name) &&
    (kept.has(name) || also.includes(name) || keptPrefixes.some((prefix) => name.startsWith(prefix)));
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && wanted(entry[0]),
    ),
  );
}
