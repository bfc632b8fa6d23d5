import { describe, expect, expectTypeOf, test } from "vitest";

import { type Client, noticeText, type Overrides } from "../../src/index.ts";
import { offline } from "./offline.ts";
import { feature } from "./scripted_edge.ts";

const LOCKED = '{"id":"1","key":"LOCKED","type":"STRING","version":1,"value":"kept","l":true}';
const NUMBER = '{"id":"2","key":"PRICE","type":"NUMBER","version":1,"value":7.50}';
const DOCUMENT = '{"id":"3","key":"LIMITS","type":"JSON","version":1,"value":"{}"}';

const FEATURES = [feature("NEW_CHECKOUT", false), feature("COLOUR", "red"), LOCKED, NUMBER, DOCUMENT];

/** Waits until listeners have been called for all that has happened. */
async function delivered(client: Client): Promise<void> {
  client.flush();
  await Promise.resolve();
}

describe("overrides", () => {
  test("replace the values of features of each type, in all reads", () => {
    const client = offline(FEATURES);
    const { overrides } = client;
    overrides.set("NEW_CHECKOUT", true);
    overrides.set("COLOUR", "blue");
    overrides.set("PRICE", 8.25);
    overrides.set("LIMITS", { perDay: 3 });
    overrides.set("NONE", [1]);
    const mara = client.context({ userkey: "mara" });
    for (const reads of [client, mara, client.snapshot(), mara.snapshot()]) {
      expect(reads.boolean("NEW_CHECKOUT")).toBe(true);
      expect(reads.string("COLOUR")).toBe("blue");
      expect([reads.number("PRICE"), reads.decimal("PRICE")]).toEqual([8.25, "8.25"]);
      expect(reads.json("LIMITS")).toEqual({ perDay: 3 });
      expect(reads.json("NONE")).toEqual([1]);
    }
    expect(client.detail("COLOUR")).toMatchObject({ reason: "INTERCEPTED", interceptor: "overrides" });
  });

  test("respect locks unless they are told otherwise", () => {
    const client = offline(FEATURES);
    client.overrides.set("LOCKED", "other");
    expect(client.string("LOCKED")).toBe("kept");
    client.overrides.set("LOCKED", "other", { evenIfLocked: true });
    expect(client.string("LOCKED")).toBe("other");
  });

  test("end one by one, or all at once", () => {
    const { overrides, ...client } = { overrides: offline(FEATURES).overrides };
    expect(client).toEqual({});
    overrides.set("COLOUR", "blue");
    overrides.set("LIMITS", { perDay: 3 }, { evenIfLocked: true });
    overrides.set("PRICE", null);
    expect(overrides.entries()).toEqual([
      { key: "COLOUR", value: "blue", evenIfLocked: false },
      { key: "LIMITS", value: { perDay: 3 }, evenIfLocked: true },
      { key: "PRICE", value: null, evenIfLocked: false },
    ]);
    expect([overrides.delete("PRICE"), overrides.delete("PRICE")]).toEqual([true, false]);
    overrides.set("COLOUR", undefined);
    expect(overrides.entries().map(({ key }) => key)).toEqual(["LIMITS"]);
    overrides.clear();
    expect(overrides.entries()).toEqual([]);
  });

  test("notify the listeners of features whose value they change, and no others", async () => {
    const client = offline(FEATURES);
    const seen: string[] = [];
    for (const key of ["COLOUR", "NEW_CHECKOUT", "LOCKED"])
      client.onChange(key, (change) => seen.push(`${key} ${String(change.old)} ${String(change.new)}`));
    client.overrides.set("COLOUR", "blue");
    await delivered(client);
    client.overrides.set("COLOUR", "blue");
    client.overrides.set("LOCKED", "other");
    await delivered(client);
    client.overrides.delete("COLOUR");
    await delivered(client);
    expect(seen).toEqual(["COLOUR red blue", "COLOUR blue red"]);
    client.overrides.set("NEW_CHECKOUT", true);
    await delivered(client);
    client.overrides.clear();
    await delivered(client);
    expect(seen).toEqual([
      "COLOUR red blue",
      "COLOUR blue red",
      "NEW_CHECKOUT false true",
      "NEW_CHECKOUT true false",
    ]);
  });

  test("that do not fit the type are not used, and a notice says so without the value", async () => {
    const notices: string[] = [];
    const client = offline(FEATURES, { onNotice: (notice) => notices.push(noticeText(notice)) });
    client.overrides.set("PRICE", "cheap");
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    client.overrides.set("LIMITS", circle);
    expect([client.number("PRICE"), client.json("LIMITS")]).toEqual([7.5, {}]);
    await delivered(client);
    expect(notices).toEqual(["the override of PRICE by overrides was not used: the value is not a number"]);
  });

  test("hold before features arrive, and after the client is closed", () => {
    const client = offline();
    client.overrides.set("COLOUR", "blue");
    expect(client.string("COLOUR")).toBe("blue");
    client.close();
    expect(client.string("COLOUR")).toBe("blue");
  });

  test("have the declared types of the features", () => {
    interface Flags {
      readonly NEW_CHECKOUT: boolean;
      readonly COLOUR: "red" | "blue";
    }
    const typed = (overrides: Overrides<Flags>): void => {
      overrides.set("COLOUR", "blue");
      overrides.set("NEW_CHECKOUT", null);
      // @ts-expect-error -- no such key
      overrides.set("NO_SUCH", true);
      // @ts-expect-error -- not one of the texts
      overrides.set("COLOUR", "green");
      // @ts-expect-error -- no such key
      overrides.delete("NO_SUCH");
    };
    expectTypeOf(typed).toBeFunction();
    expectTypeOf<Client["overrides"]>().toEqualTypeOf<Overrides>();
  });
});

describe("overrides of a request's baggage", () => {
  const HEADER =
    "other=1, fhub=COLOUR%3Dlight%2520blue%2CLOCKED%3Dother%2CNEW_CHECKOUT%3Dyes;by=gateway,last=%zz";

  test("hold for the context of the request only", async () => {
    const client = offline(FEATURES);
    const [mara, fred] = [client.context({ userkey: "mara" }), client.context({ userkey: "fred" })];
    const changes: unknown[] = [];
    mara.onChange("COLOUR", (change) => changes.push(change.new));
    await client.overrides.fromBaggage(HEADER, mara);
    await client.overrides.fromBaggage(["a=b", "fhub=COLOUR%3Dgreen"], fred);
    await delivered(client);
    expect([mara.string("COLOUR"), mara.boolean("NEW_CHECKOUT")]).toEqual(["light blue", true]);
    expect([fred.string("COLOUR"), fred.boolean("NEW_CHECKOUT")]).toEqual(["green", undefined]);
    expect([client.string("COLOUR"), client.boolean("NEW_CHECKOUT")]).toEqual(["red", false]);
    expect(client.context({ userkey: "mara" }).string("COLOUR")).toBeUndefined();
    expect(mara.detail("COLOUR")).toMatchObject({ interceptor: "baggage" });
    await client.overrides.fromBaggage("fhub=COLOUR%3Dgreen", mara);
    await delivered(client);
    expect(changes).toEqual(["light blue", "green"]);
    await client.overrides.fromBaggage(undefined, mara);
    expect(mara.string("COLOUR")).toBeUndefined();
  });

  test("hold for the named features, and for locked ones only if they are told so", async () => {
    const client = offline(FEATURES);
    const mara = client.context({ userkey: "mara" });
    await client.overrides.fromBaggage(HEADER, mara, { keys: ["LOCKED"] });
    expect([mara.string("COLOUR"), mara.string("LOCKED")]).toEqual([undefined, undefined]);
    await client.overrides.fromBaggage(HEADER, mara, { keys: ["LOCKED"], evenIfLocked: true });
    expect([mara.string("COLOUR"), mara.string("LOCKED")]).toEqual([undefined, "other"]);
  });

  test("yield to overrides of the program", async () => {
    const client = offline(FEATURES);
    const mara = client.context({ userkey: "mara" });
    client.overrides.set("COLOUR", "black");
    await client.overrides.fromBaggage(HEADER, mara);
    expect(mara.string("COLOUR")).toBe("black");
  });
});
