import { expect, expectTypeOf, test } from "vitest";

import { Client, type ContextAttributes } from "../../src/index.ts";

interface Flags {
  readonly NEW_CHECKOUT: boolean;
  readonly COLOUR: "red" | "blue";
  readonly LIMIT: number;
  readonly LIMITS: { readonly perDay: number };
}

/** Calls nothing: the types of these reads are the test. */
function reads(client: Client<Flags>): void {
  expectTypeOf(client.boolean("NEW_CHECKOUT")).toEqualTypeOf<boolean | undefined>();
  expectTypeOf(client.boolean("NEW_CHECKOUT", false)).toEqualTypeOf<boolean>();
  expectTypeOf(client.string("COLOUR")).toEqualTypeOf<"red" | "blue" | undefined>();
  expectTypeOf(client.string("COLOUR", "red")).toEqualTypeOf<"red" | "blue">();
  expectTypeOf(client.number("LIMIT", 3)).toEqualTypeOf<number>();
  expectTypeOf(client.decimal("LIMIT")).toEqualTypeOf<string | undefined>();
  expectTypeOf(client.json("LIMITS", { perDay: 3 })).toEqualTypeOf<{ readonly perDay: number }>();
  expectTypeOf(client.value("COLOUR")).toEqualTypeOf<"red" | "blue" | undefined>();
  expectTypeOf(client.detail("LIMIT").value).toEqualTypeOf<number | undefined>();
  expectTypeOf(client.feature("COLOUR").string("red")).toEqualTypeOf<"red" | "blue">();
  expectTypeOf(client.feature("LIMIT").decimal()).toEqualTypeOf<string | undefined>();
  expectTypeOf(client.feature("LIMIT").decimal("3")).toEqualTypeOf<string>();
  expectTypeOf(client.feature("LIMITS").rawJson()).toEqualTypeOf<string | undefined>();
  expectTypeOf(client.feature("COLOUR").value()).toEqualTypeOf<"red" | "blue" | undefined>();
  expectTypeOf(client.feature("COLOUR").value("red")).toEqualTypeOf<"red" | "blue">();
  client.onChange("COLOUR", (change) => {
    expectTypeOf(change.new).toEqualTypeOf<"red" | "blue" | undefined>();
  });

  // @ts-expect-error -- no such key
  client.isEnabled("NO_SUCH");
  // @ts-expect-error -- a text is no boolean
  client.isEnabled("COLOUR");
  // @ts-expect-error -- a boolean is no text
  client.string("NEW_CHECKOUT");
  // @ts-expect-error -- a document is no number
  client.number("LIMITS");
  // @ts-expect-error -- a number is no document
  client.json("LIMIT");
  // @ts-expect-error -- not one of the texts
  client.string("COLOUR", "green");
  // @ts-expect-error -- another type of default
  client.boolean("NEW_CHECKOUT", "true");
  // @ts-expect-error -- a member of another type
  client.json("LIMITS", { perDay: "3" });
  // @ts-expect-error -- no such key
  client.feature("NO_SUCH");
  // @ts-expect-error -- a text is no boolean
  client.feature("COLOUR").boolean();
  // @ts-expect-error -- a text is no number
  client.feature("COLOUR").decimal();
  // @ts-expect-error -- a number is no document
  client.feature("LIMIT").rawJson();
  // @ts-expect-error -- not one of the texts
  client.feature("COLOUR").value("green");
  // @ts-expect-error -- no such key
  client.onChange("NO_SUCH", () => undefined);
  client.context({ born: new Date(), logins: [new Date()] });
  // @ts-expect-error -- an object is no attribute
  client.context({ address: { country: "new_zealand" } });
  // @ts-expect-error -- a function is no attribute
  client.context({ plan: () => "gold" });
  // @ts-expect-error -- no such mode
  new Client("http://edge", "environment/key", { mode: "sometimes" });
}

function untypedReads(client: Client): void {
  expectTypeOf(client.boolean("ANY", true)).toEqualTypeOf<boolean>();
  expectTypeOf(client.string("ANY")).toEqualTypeOf<string | undefined>();
  expectTypeOf(client.number("ANY", 1)).toEqualTypeOf<number>();
  expectTypeOf(client.json("ANY")).toEqualTypeOf<unknown>();
  expectTypeOf(client.feature("ANY").boolean(true)).toEqualTypeOf<boolean>();
}

test("the compiler refuses wrong keys, getters, defaults and attributes", () => {
  expect([typeof reads, typeof untypedReads]).toEqual(["function", "function"]);
  const attributes: ContextAttributes = {
    userkey: "mara",
    plan: ["gold", undefined, 3, true],
    age: 41,
    none: null,
  };
  expect(Client.offline().context(attributes).attributes.get("plan")).toEqual(["gold", "3", "true"]);
});
