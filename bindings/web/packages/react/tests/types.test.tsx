import type { Client } from "fh-client";
import type { ReactNode } from "react";
import { expect, expectTypeOf, test } from "vitest";

import * as entry from "../src/index.ts";

interface Flags {
  readonly NEW_CHECKOUT: boolean;
  readonly COLOUR: "red" | "blue";
  readonly LIMIT: number;
  readonly LIMITS: { readonly perDay: number };
}

const hooks = entry.createHooks<Flags>();

/** Is never called: the types are the test. */
function useTypes(): ReactNode {
  expectTypeOf(hooks.useBoolean("NEW_CHECKOUT")).toEqualTypeOf<boolean | undefined>();
  expectTypeOf(hooks.useBoolean("NEW_CHECKOUT", false)).toEqualTypeOf<boolean>();
  expectTypeOf(hooks.useString("COLOUR")).toEqualTypeOf<"red" | "blue" | undefined>();
  expectTypeOf(hooks.useString("COLOUR", "red")).toEqualTypeOf<"red" | "blue">();
  expectTypeOf(hooks.useNumber("LIMIT", 3)).toEqualTypeOf<number>();
  expectTypeOf(hooks.useJson("LIMITS", { perDay: 3 })).toEqualTypeOf<{ readonly perDay: number }>();
  expectTypeOf(hooks.useFeature("COLOUR", "red")).toEqualTypeOf<"red" | "blue">();
  expectTypeOf(hooks.useSuspenseFeature("COLOUR")).toEqualTypeOf<"red" | "blue" | undefined>();
  expectTypeOf(hooks.useDetail("LIMIT").value).toEqualTypeOf<number | undefined>();
  expectTypeOf(hooks.useClient()).toEqualTypeOf<Client<Flags>>();
  expectTypeOf(hooks.useFeatureContext().string("COLOUR", "red")).toEqualTypeOf<"red" | "blue">();

  // @ts-expect-error -- no such key
  hooks.useFeature("NO_SUCH");
  // @ts-expect-error -- a text is no boolean
  hooks.useBoolean("COLOUR");
  // @ts-expect-error -- a boolean is no text
  hooks.useString("NEW_CHECKOUT");
  // @ts-expect-error -- not one of the texts
  hooks.useString("COLOUR", "green");
  // @ts-expect-error -- a document is no number
  hooks.useNumber("LIMITS");
  // @ts-expect-error -- a number is no document
  hooks.useJson("LIMIT");
  // @ts-expect-error -- a member of another type
  hooks.useJson("LIMITS", { perDay: "3" });
  // @ts-expect-error -- another type of default
  hooks.useFeature("LIMIT", "3");
  // @ts-expect-error -- no such key
  hooks.useDetail("NO_SUCH");
  // @ts-expect-error -- no such key
  hooks.useSuspenseFeature("NO_SUCH");
  return (
    <>
      <hooks.Feature on="NEW_CHECKOUT">on</hooks.Feature>
      {/* @ts-expect-error -- a text cannot be on */}
      <hooks.Feature on="COLOUR">on</hooks.Feature>
      {/* @ts-expect-error -- an object is no attribute */}
      <entry.FeatureProvider context={{ born: { year: 1990 } }} />
    </>
  );
}

test("typed hooks are the hooks without types", () => {
  expect(useTypes).toBeTypeOf("function");
  for (const [name, hook] of Object.entries(hooks)) {
    expect(hook).toBe((entry as unknown as Record<string, unknown>)[name]);
  }
  const missing = Object.keys(entry).filter((name) => !(name in hooks));
  expect(missing.sort()).toEqual(["FeatureProvider", "createHooks"]);
});
