"use client";

/**
 * React components and hooks for the FeatureHub client `fh-client`.
 *
 * @packageDocumentation
 */

export { Feature, type FeatureProps } from "./feature.tsx";
export {
  useBoolean,
  useDetail,
  useFeature,
  useFeatures,
  useJson,
  useNumber,
  useString,
  useSuspenseFeature,
} from "./feature_hooks.ts";
export { type HeldUpdates, useClient, useFeatureContext, useHeldUpdates, useReady } from "./client_hooks.ts";
export { createHooks, type Hooks } from "./typed_hooks.ts";
export { FeatureProvider, type FeatureProviderProps, type MadeClientOptions } from "./provider.tsx";
