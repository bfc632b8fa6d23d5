import type { ReactNode } from "react";
import type { Client, FeatureDetail, FlagKey, FlagOf, KeyOf, LiveReads } from "fh-client";

import { type HeldUpdates, useClient, useFeatureContext, useHeldUpdates, useReady } from "./client_hooks.ts";
import { Feature, type FeatureProps } from "./feature.tsx";
import * as untyped from "./feature_hooks.ts";

/** The hooks and the component for features with declared types. Wrong keys, getters and defaults are compile errors. */
export interface Hooks<F extends object> {
  /** {@inheritDoc useFeature} */
  readonly useFeature: {
    <K extends FlagKey<F>>(key: K): F[K] | undefined;
    <K extends FlagKey<F>>(key: K, defaultValue: F[K]): F[K];
  };
  /** {@inheritDoc useBoolean} */
  readonly useBoolean: {
    (key: KeyOf<F, boolean>): boolean | undefined;
    (key: KeyOf<F, boolean>, defaultValue: boolean): boolean;
  };
  /** {@inheritDoc useString} */
  readonly useString: {
    <K extends KeyOf<F, string>>(key: K): FlagOf<F, K, string> | undefined;
    <K extends KeyOf<F, string>>(key: K, defaultValue: FlagOf<F, K, string>): FlagOf<F, K, string>;
  };
  /** {@inheritDoc useNumber} */
  readonly useNumber: {
    <K extends KeyOf<F, number>>(key: K): FlagOf<F, K, number> | undefined;
    <K extends KeyOf<F, number>>(key: K, defaultValue: FlagOf<F, K, number>): FlagOf<F, K, number>;
  };
  /** {@inheritDoc useJson} */
  readonly useJson: {
    <K extends KeyOf<F, object | null>>(key: K): FlagOf<F, K, unknown> | undefined;
    <K extends KeyOf<F, object | null>>(key: K, defaultValue: FlagOf<F, K, unknown>): FlagOf<F, K, unknown>;
  };
  /** {@inheritDoc useDetail} */
  readonly useDetail: <K extends FlagKey<F>>(key: K) => FeatureDetail<F[K]>;
  /** {@inheritDoc useFeatures} */
  readonly useFeatures: () => readonly FeatureDetail[];
  /** {@inheritDoc useClient} */
  readonly useClient: () => Client<F>;
  /** {@inheritDoc useFeatureContext} */
  readonly useFeatureContext: () => LiveReads<F>;
  /** {@inheritDoc useReady} */
  readonly useReady: () => boolean;
  /** {@inheritDoc useSuspenseFeature} */
  readonly useSuspenseFeature: {
    <K extends FlagKey<F>>(key: K): F[K] | undefined;
    <K extends FlagKey<F>>(key: K, defaultValue: F[K]): F[K];
  };
  /** {@inheritDoc useHeldUpdates} */
  readonly useHeldUpdates: () => HeldUpdates;
  /** {@inheritDoc Feature} */
  readonly Feature: (props: FeatureProps<KeyOf<F, boolean>>) => ReactNode;
}

const hooks = { ...untyped, useClient, useFeatureContext, useHeldUpdates, useReady, Feature };

/**
 * Returns the hooks for features whose types the program declares. Call it once, in a module of its own.
 *
 * @example
 * ```ts
 * type Flags = { NEW_CHECKOUT: boolean; COLOUR: "red" | "blue" };
 * export const { useBoolean, useString, Feature } = createHooks<Flags>();
 * ```
 */
export function createHooks<F extends object>(): Hooks<F> {
  return hooks as unknown as Hooks<F>;
}
