import type { Attributes, GivenAttributes } from "../attributes.ts";
import { LiveReads, partsOf } from "./live.ts";

/**
 * A client together with the attributes of one user, device or request. Reads return the values for these attributes. A context never
 * changes, and costs little.
 *
 * With a client-evaluated key any number of contexts have values. With a server-evaluated key only the context that was set last has
 * values; reads of others return defaults, with the reason `OTHER_CONTEXT`.
 *
 * @example
 * ```ts
 * const mara = client.context({ userkey: "mara", country: "new_zealand" });
 * if (mara.isEnabled("NEW_CHECKOUT")) showNewCheckout();
 * ```
 */
export class Context<F extends object> extends LiveReads<F> {
  /** The attributes of the context. */
  get attributes(): Attributes {
    return (this.contextAttributes as GivenAttributes).map;
  }

  /**
   * Sets this context as that of a server-evaluated key, and returns it once the Edge has evaluated the features for it. With a
   * client-evaluated key, the context has values without this call.
   *
   * @throws {@link EdgeProblem} in the cases of `Client.setContext`
   *
   * @example
   * ```ts
   * await mara.activate();
   * console.log(mara.string("COLOUR", "red"));
   * ```
   */
  async activate(): Promise<this> {
    const { attributes } = this;
    await partsOf(this).driver.command((commandId) => ({ type: "context", commandId, attributes }));
    return this;
  }
}
