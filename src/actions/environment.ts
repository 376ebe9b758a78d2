/** Variables that tools need to work as they do in the operator's own shell. */
const kept = new Set(
  `PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR TERM COLORTERM XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_CACHE_HOME
  XDG_DATA_HOME SSH_AUTH_SOCK SSH_AGENT_PID SSH_CONFIG KRB5CCNAME GNUPGHOME DBUS_SESSION_BUS_ADDRESS
  KUBECONFIG HELM_KUBECONTEXT DOCKER_HOST DOCKER_CONFIG DOCKER_CONTEXT CLOUDSDK_CONFIG
  CLOUDSDK_ACTIVE_CONFIG_NAME GOOGLE_APPLICATION_CREDENTIALS
  HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy ALL_PROXY
  SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS
  ANSIBLE_CONFIG VAULT_ADDR VAULT_TOKEN CONSUL_HTTP_ADDR NOMAD_ADDR GH_TOKEN GITHUB_TOKEN GITLAB_TOKEN`.split(/\s+/),
);
/** Families of variables that belong to one tool. */
const keptPrefixes = ['LC_', 'AWS_', 'AZURE_', 'ARM_', 'GOOGLE_', 'PG', 'TF_', 'GIT_'];

/** The environment of commands and probes: an allow-list, and the names that are asked for besides. */
export function childEnvironment(
  env: Readonly<Record<string, string>>,
  also: readonly string[] = [],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => kept.has(name) || also.includes(name) || keptPrefixes.some((prefix) => name.startsWith(prefix)),
    ),
  );
}
