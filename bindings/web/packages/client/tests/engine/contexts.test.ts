import { expect, test } from "vitest";
import type { GivenAttributes } from "../../src/attributes.ts";
import { attributesIn, attributesOf } from "../../src/repository/lib.ts";
import { Contexts } from "../../src/engine/contexts.ts";
import type { EngineModule } from "../../src/engine/module.ts";
import type { OnMissing } from "../../src/repository/engine.ts";

/** As many contexts as an instance keeps, and some more. */
const CONTEXTS = 400;

/** The names of attributes that have a bit. The keys of percentages are the first ones. */
const NAMES = ["session", "userkey", "plan", "country"];

/** Holds the contexts of an instance that are not freed as texts, and lists what crosses. An evaluation returns the handle of its context. */
function recording(): { module: EngineModule; live: Map<number, string>; crossed: string[] } {
  const live = new Map<number, string>();
  const crossed: string[] = [];
  const names = ["a name that another client gave"];
  const memory = { buffer: new ArrayBuffer(2048) };
  const buffer = 512;
  let next = 0;
  const add = (handle: number, name: string | undefined, value: string): void => {
    const [held, text] = [live.get(handle), `${name}\0${value}`];
    crossed.push(text);
    expect(held, "a freed context was changed").toBeDefined();
    live.set(handle, held === "" ? text : `${held}\0${text}`);
  };
  const module = {
    initSync: () => ({ memory }),
    buffer: () => buffer,
    clear_context: (handle: number) => {
      if (handle !== 0) expect(live.has(handle), "a freed context was cleared").toBe(true);
      const cleared = handle === 0 ? ++next : handle;
      live.set(cleared, "");
      return cleared;
    },
    name_attribute: (name: string) => {
      // Memory that grows is another buffer, and the former one has no bytes.
      if (name === "country") memory.buffer = structuredClone(memory.buffer, { transfer: [memory.buffer] });
      return names.push(name) - 1;
    },
    add_attribute: (handle: number, name: string, value: string) => {
      add(handle, name, value);
    },
    free_context: (handle: number) => {
      expect(live.delete(handle), "a context was freed twice").toBe(true);
    },
    evaluate: (_ruleset: number, _feature: number, handle: number) => handle,
    evaluate_values: (_ruleset: number, _feature: number, handle: number, _now: number, length: number) => {
      live.set(handle, "");
      const bytes = new Uint8Array(memory.buffer, buffer, length);
      for (let at = 0; at < length; at += 2 + (bytes[at + 1] ?? 0)) {
        const value = bytes.subarray(at + 2, at + 2 + (bytes[at + 1] ?? 0));
        add(handle, names[bytes[at] ?? 0], String.fromCharCode(...value));
      }
      return handle;
    },
  };
  return { module: module as unknown as EngineModule, live, crossed };
}

/** Evaluates a feature that reads these attributes, or asks for all attributes, and returns the handle of the context. */
function read(
  contexts: Contexts,
  attributes: GivenAttributes,
  reads?: number,
  onMissing?: OnMissing,
): number {
  return reads === undefined
    ? contexts.handle(attributes)
    : contexts.evaluate(0, 0, attributes, reads, 0, onMissing);
}

function user(userkey: string): GivenAttributes {
  return attributesOf([["userkey", userkey]]);
}

/** Reads a context twice, with another one between, and returns its own handle. */
function handleOf(contexts: Contexts, attributes: GivenAttributes, reads?: number): number {
  read(contexts, attributes, reads);
  read(contexts, user(""), 0);
  return read(contexts, attributes, reads);
}

test("contexts that are evaluated in turn are bounded, and their handles are valid", () => {
  const { module, live } = recording();
  const contexts = new Contexts(module, NAMES);
  const users = Array.from({ length: CONTEXTS }, (_, n) => user(`user ${n}`));
  const wrong: GivenAttributes[] = [];
  // A context that is read first uses the handle of the one before it.
  for (const size of [1, 257, 257]) {
    for (const [n, attributes] of users.entries()) {
      const handle = contexts.handle(attributes);
      if (live.get(handle) !== `userkey\0user ${n}` || contexts.handle(attributes) !== handle)
        wrong.push(attributes);
    }
    expect(wrong).toEqual([]);
    expect(live.size).toBe(size);
  }
});

test("no value is lost when the name of another one lets the memory grow", () => {
  const { module, live } = recording();
  const contexts = new Contexts(module, NAMES);
  for (const plan of ["gold", "beta"]) {
    const handle = read(contexts, attributesIn({ plan, country: "nz" }), 0b1100);
    expect(live.get(handle)).toBe(`plan\0${plan}\0country\0nz`);
  }
});

test("the texts of all contexts are bounded, apart from a single longer one", () => {
  const { module, live } = recording();
  const contexts = new Contexts(module, NAMES);
  const held = (): number => [...live.values()].reduce((sum, { length }) => sum + length, 0);
  for (const length of [1, 300_000, 400_000, 250_000, 500_000, 1, 999_000, 3_000_000, 10, 20]) {
    const attributes = user("x".repeat(length));
    const handle = handleOf(contexts, attributes);
    expect(live.get(handle)).toHaveLength(length + 8);
    expect(held()).toBeLessThanOrEqual(Math.max(1_000_000, length + 8));
    expect(contexts.handle(attributes)).toBe(handle);
  }
  // The contexts behind the long one fit, and that for first reads.
  expect(live.size).toBe(3);
});

/** What crosses of a context with all attributes. */
const ALL = ["userkey\0mara", "plan\0gold", "plan\0\u0001", "email\0m@x"];

test.for([
  { reads: [0], crossing: [] },
  { reads: [0b10, 0b10], crossing: ["userkey\0mara"] },
  { reads: [0b100, 0b110], crossing: ["plan\0gold", "plan\0\u0001", "userkey\0mara"] },
  { reads: [0b1010, 0b1000], crossing: ["userkey\0mara"] },
  { reads: [0b1000, 0b10], crossing: ["userkey\0mara"] },
  // A feature that reads an attribute without a bit gets all attributes.
  { reads: [0b10, -1, 0b100], crossing: ["userkey\0mara", ...ALL] },
  { reads: [-1, 0b10, -1], crossing: ALL },
])("an attribute crosses when it is read first: $reads", ({ reads, crossing }) => {
  const { module, live, crossed } = recording();
  const contexts = new Contexts(module, NAMES);
  const mara = attributesIn({ userkey: "mara", plan: ["gold", "\u0001"], email: "m@x" });
  const handles = reads.map((each) => read(contexts, mara, each));
  expect(crossed).toEqual(crossing);
  expect([...live.keys()]).toEqual([handles.at(-1)]);
});

test("a context that is read first begins without the attributes of the one before it", () => {
  const { module, live } = recording();
  const contexts = new Contexts(module, NAMES);
  const handle = read(contexts, user("first"), 0b10);
  // Texts that cross in the call that evaluates, and others.
  for (const text of [
    "second",
    "\u0101",
    "third",
    "x".repeat(256),
    "y".repeat(255),
    "x".repeat(5000),
    "last",
  ]) {
    read(contexts, user(text), 0b10);
    expect([...live.values()]).toEqual([`userkey\0${text}`]);
  }
  expect(live.has(handle)).toBe(false);
});

test("a context that is read later takes the place of the oldest one, without its attributes", () => {
  const { module, live } = recording();
  const contexts = new Contexts(module, NAMES);
  const first = attributesIn({ userkey: "first", plan: "x" });
  const handle = handleOf(contexts, first);
  for (let n = 1; n < 256; n++) handleOf(contexts, user(`user ${n}`));
  const next = attributesIn({ userkey: "next", plan: "y" });
  expect(handleOf(contexts, next, 0b10)).toBe(handle);
  expect(live.get(handle)).toBe("userkey\0next");
  expect(live.get(read(contexts, first, 0b100))).toBe("plan\0x");
  read(contexts, next, 0b100);
  expect(live.get(handle)).toBe("userkey\0next\0plan\0y");
});

test("a context that grows frees the oldest others, and not itself", () => {
  const { module, live } = recording();
  const contexts = new Contexts(module, NAMES);
  const long = "x".repeat(600_000);
  const [growing, other] = [attributesIn({ userkey: "mara", plan: long }), attributesIn({ plan: long })];
  const handle = handleOf(contexts, growing, 0b10);
  handleOf(contexts, other, 0b100);
  expect(read(contexts, growing, 0b110)).toBe(handle);
  expect([...live.values()].sort()).toEqual(["", `userkey\0mara\0plan\0${long}`]);
});

test.for([0, 1])("a report of a missing attribute may read %i other contexts", (others) => {
  const { module, live } = recording();
  const contexts = new Contexts(module, NAMES);
  const report = (): void => {
    if (others > 0) read(contexts, user("fred"), 0b10);
  };
  const handle = read(contexts, user("mara"), 0b110, report);
  expect(live.get(handle)).toBe("userkey\0mara");
});

test("a context has a handle of its own in each instance", () => {
  const [one, other] = [recording(), recording()];
  const [contexts, others] = [new Contexts(one.module, NAMES), new Contexts(other.module, NAMES)];
  const mara = user("mara");
  for (const read of [contexts.handle.bind(contexts), handleOf.bind(null, contexts)]) {
    expect(one.live.get(read(mara))).toBe("userkey\0mara");
    expect(other.live.get(handleOf(others, mara))).toBe("userkey\0mara");
  }
});

test("no context has the handle 0", () => {
  const { module, live } = recording();
  expect(new Contexts(module, NAMES).handle(undefined)).toBe(0);
  expect(live.size).toBe(0);
});
