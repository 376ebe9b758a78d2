/** What the injector bends in a shop process. Pushed by the platform; never shown to the operator. */
export interface Conditions {
  /** A share of checkouts of one version that fail. */
  readonly checkoutErrors: { readonly version: string; readonly share: number } | null;
  /** The same of another version: a standby that is not up to it. */
  readonly standbyErrors: { readonly version: string; readonly share: number } | null;
  /** A share of checkouts of one version that fail, in the code behind a flag: where the flag is off none does. */
  readonly flagErrors: { readonly version: string; readonly flag: string; readonly share: number } | null;
  /** How long an instance believes a flag's value, in real milliseconds; null is as long as it was built to. */
  readonly flagTtlMs: number | null;
  /** The instance whose open sessions do not take part in a freeze. */
  readonly keepsSessions: string | null;
}

export const fairConditions: Conditions = {
  checkoutErrors: null,
  standbyErrors: null,
  flagErrors: null,
  flagTtlMs: null,
  keepsSessions: null,
};

/** What a shop process is told when it starts. */
export interface ShopStart {
  readonly type: 'start';
  readonly name: string;
  readonly version: string;
  readonly port: number;
  readonly folder: string;
  readonly token: string;
  readonly seed: number;
  readonly clock: { readonly realMs: number; readonly domainMs: number; readonly speed: number };
  readonly payments: string;
  readonly flags: string;
  readonly conditions: Conditions;
}

export type ToShop = ShopStart | { readonly type: 'conditions'; readonly conditions: Conditions };
export type FromChild =
  { readonly type: 'ready'; readonly port: number } | { readonly type: 'failed'; readonly why: string };
