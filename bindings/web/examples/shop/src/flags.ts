import { createHooks } from "fh-react";

/** The features of the shop. A wrong key or a wrong type is a compile error. */
export interface Flags {
  readonly NEW_CHECKOUT: boolean;
  readonly COLOUR: "red" | "blue" | "green";
  readonly DISCOUNT: number;
  readonly LIMITS: { readonly perDay: number };
}

export const { Feature, useClient, useDetail, useFeatures, useHeldUpdates, useJson, useNumber, useString } =
  createHooks<Flags>();
