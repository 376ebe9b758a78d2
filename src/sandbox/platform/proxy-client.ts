import { call, fields, type Answer } from '../http.ts';

/** The proxy's admin address, called with the sandbox's token. */
export interface ProxyClient {
  readonly adminUrl: string;
  get(path: string): Promise<Readonly<Record<string, unknown>>>;
  post(path: string, body: unknown): Promise<Answer>;
}

export function proxyClient(adminUrl: string, token: string): ProxyClient {
  const headers = { 'x-sandbox-token': token };
  return {
    adminUrl,
    get: async (path) => fields((await call(`${adminUrl}${path}`, { headers })).text),
    post: (path, body) => call(`${adminUrl}${path}`, { method: 'POST', headers, body }),
  };
}
