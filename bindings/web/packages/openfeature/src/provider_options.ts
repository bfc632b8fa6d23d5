/**
 * Options of a provider.
 *
 * @example
 * ```ts
 * const options: ProviderOptions = { timeoutMs: 2000 };
 * ```
 */
export interface ProviderOptions {
  /**
   * The time limit in milliseconds of the wait for features at the initialization, and after a change of the context of a page; 10,000 by
   * default. After it the provider is in error, until the client has features.
   */
  readonly timeoutMs?: number;
  /** The name of the provider in its metadata; `featurehub`, the system of the client, by default. */
  readonly name?: string;
}

/** The default of {@link ProviderOptions.timeoutMs}. */
export const TIMEOUT = 10_000;
