import { useMemo, useSyncExternalStore } from "react";
import type { AnyFlags, Client, LiveReads } from "fh-client";

import { useScope } from "./scope.ts";

/** The updates that catch & release holds back, and their release. */
export interface HeldUpdates {
  /** The keys of the features that are held back; empty if nothing is held. */
  readonly held: readonly string[];
  /** Serves the held updates: those of these features, or all of them. */
  readonly release: (keys?: Iterable<string>) => void;
}

const NONE: readonly string[] = [];

/**
 * Returns the client of the nearest provider.
 *
 * @example
 * ```tsx
 * function Refresh() {
 *   const client = useClient();
 *   return <button onClick={() => void client.refresh()}>Refresh</button>;
 * }
 * ```
 */
export function useClient(): Client {
  return useScope().client;
}

/**
 * Returns the context of the nearest provider, with which event handlers read features. Without a context, this is the client.
 *
 * @example
 * ```tsx
 * function Buy() {
 *   const features = useFeatureContext();
 *   return <button onClick={() => features.record("buy")}>Buy</button>;
 * }
 * ```
 */
export function useFeatureContext(): LiveReads<AnyFlags> {
  return useScope().reads;
}

/**
 * Returns true if the client is ready, or if the values of a server are shown before the first list of the client.
 *
 * @example
 * ```tsx
 * function Page() {
 *   return useReady() ? <Shop /> : <p>Loading</p>;
 * }
 * ```
 */
export function useReady(): boolean {
  const { client, hydrated, lacksList } = useScope();
  const subscribe = useMemo(() => {
    return (call: () => void) => {
      const readiness = client.onReadiness(call);
      return () => {
        readiness.unsubscribe();
      };
    };
  }, [client]);
  const isHydrated = hydrated !== undefined;
  const isReady = (): boolean =>
    client.isReady || (isHydrated && client.readiness === "NOT_READY" && lacksList());
  return useSyncExternalStore(subscribe, isReady, () => isHydrated || client.isReady);
}

/**
 * Returns the keys of the features whose updates are held back, and a function that releases them. See `Client.catchUpdates`.
 *
 * @example
 * ```tsx
 * function NewVersion() {
 *   const { held, release } = useHeldUpdates();
 *   return held.length > 0 && <button onClick={() => release()}>New version: reload</button>;
 * }
 * ```
 */
export function useHeldUpdates(): HeldUpdates {
  const { client } = useScope();
  const [subscribe, heldKeys, release] = useMemo(() => {
    let keys = NONE;
    const listen = (call: () => void) => {
      const subscriptions = [client.onNewState(call), client.onGeneration(call)];
      return () => {
        for (const subscription of subscriptions) subscription.unsubscribe();
      };
    };
    const current = (): readonly string[] => {
      const next = client.heldKeys();
      if (next.length !== keys.length || next.some((key, at) => key !== keys[at])) keys = next;
      return keys;
    };
    const releaseThese = (only?: Iterable<string>): void => {
      if (only) client.releaseOnly(only);
      else client.release();
    };
    return [listen, current, releaseThese] as const;
  }, [client]);
  const held = useSyncExternalStore(subscribe, heldKeys, () => NONE);
  return useMemo(() => ({ held, release }), [held, release]);
}
