import type { ReactNode } from "react";

import { useBoolean } from "./feature_hooks.ts";

/**
 * The properties of {@link Feature}.
 *
 * @example
 * ```ts
 * const props: FeatureProps = { on: "NEW_CHECKOUT", fallback: "the old checkout", children: "the new one" };
 * ```
 */
export interface FeatureProps<K extends string = string> {
  /** The key of a BOOLEAN feature. */
  readonly on: K;
  /** The content while the feature is not on. */
  readonly fallback?: ReactNode;
  /** The content while the feature is on. */
  readonly children?: ReactNode;
}

/**
 * Shows its children while a BOOLEAN feature is on.
 *
 * @example
 * ```tsx
 * const checkout = (
 *   <Feature on="NEW_CHECKOUT" fallback={<p>old</p>}>
 *     <p>new</p>
 *   </Feature>
 * );
 * ```
 */
export function Feature({ on, fallback, children }: FeatureProps): ReactNode {
  return useBoolean(on, false) ? children : fallback;
}
