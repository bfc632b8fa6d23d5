import { createContext, useContext } from "react";
import type { AnyFlags, Client, LiveReads, Reads } from "fh-client";

/** The client and the reads that a `FeatureProvider` gives to the components below it. */
export interface Scope {
  readonly client: Client;
  /** The context of the provider, or the client itself if the provider has no context. */
  readonly reads: LiveReads<AnyFlags>;
  /** The reads of a server's values, for rendering on the server and for the first rendering of its page; `undefined` without such values. */
  readonly hydrated: Reads<AnyFlags> | undefined;
  /** Returns true until the client has had a list of features for the reads. Until then, {@link Scope.hydrated} has the values that it lacks. */
  readonly lacksList: () => boolean;
  /** Calls the function when reads may return other values. Returns the function that ends the calls. */
  readonly subscribe: (call: () => void) => () => void;
}

/** The scope of the nearest provider above. */
export const ScopeContext = createContext<Scope | undefined>(undefined);

/**
 * Returns the scope of the nearest provider above the component.
 *
 * @throws an error if there is no provider
 */
export function useScope(): Scope {
  const scope = useContext(ScopeContext);
  if (!scope) throw new Error("fh-react: there is no FeatureProvider above this component");
  return scope;
}
