/**
 * The functions of Solid, Vue and Svelte that the page about migration uses, as the documentation of these frameworks declares them. The
 * frameworks themselves are not installed.
 */
import type { Context } from "fh-client";

import type { Flags } from "./common.ts";

export declare const context: Context<Flags>;

/** Returns a signal of Solid: a function that reads it, and one that writes it. */
export declare function createSignal<T>(value: T): [get: () => T, set: (value: T) => T];
/** Registers a function that Solid calls when the component is disposed of. */
export declare function onCleanup(call: () => void): void;

/** Returns a reference of Vue. */
export declare function ref<T>(value: T): { value: T };
/** Registers a function that Vue calls when the component is unmounted. */
export declare function onUnmounted(call: () => void): void;

/** Returns a store of Svelte. `start` gets a function that sets the value, and returns one that ends the subscription. */
export declare function readable<T>(
  value: T,
  start: (set: (value: T) => void) => (() => void) | undefined,
): { subscribe(call: (value: T) => void): () => void };
