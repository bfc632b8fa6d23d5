import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/** Rust files with unit tests, which are not part of the library. */
const TESTS = /(^|\/)tests(\/|$)/;

/** The systems in the list for all languages, by their names. */
const SYSTEMS = (
  JSON.parse(readFileSync(new URL("../../../../shared/lists.json", import.meta.url), "utf8")) as {
    systems: Readonly<Record<string, string>>;
  }
).systems;

/** The sessions with further systems, which the TypeScript client does not have. */
const FURTHER = Object.keys(SYSTEMS).filter((system) => system !== "featurehub");

/** The reason why the TypeScript client lacks the files of the kernel. */
const KERNEL = "the TypeScript client has one system, whose files hold what the kernel does";

/** The other Rust files without a TypeScript counterpart, by crate, with the reasons. */
const WITHOUT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  session: {
    "featurehub/open_stream": "the data of a stream, which `featurehub/core.ts` has",
    "featurehub/protocol": "what FeatureHub adds to the kernel, which all files of `featurehub` have here",
    "featurehub/state": "the data of the session, which `featurehub/core.ts` has",
    ignored: "the reasons why parts of messages of FeatBit and FeatureSignals have no effect",
    "kernel/commands": KERNEL,
    "kernel/events": KERNEL,
    "kernel/mod": KERNEL,
    "kernel/outcome": KERNEL,
    "kernel/protocol": KERNEL,
    "kernel/requests": KERNEL,
    "kernel/status": KERNEL,
    "kernel/suspension": KERNEL,
  },
  repository: {
    "intercept/override_changes": "its only interface is in `intercept/mod.ts`",
    percent: "its function is in `text/text.ts`, which the session uses, too",
    readiness: "its type is in `status.ts`",
    failure: "listeners, interceptors and observers report a failure by throwing",
    running_calls: "the calls that block their thread; the TypeScript client has one thread",
    sync: "locks and atomics; the TypeScript client has one thread",
    "serving/first_read": "the first read of a context, which `engine/contexts.ts` passes to the engine",
    "serving/read_guard": "a guard of a pointer that other threads replace; `snapshot()` is the whole of it",
    "serving/reads": "the reads of a snapshot, which `serving/snapshot.ts` has",
    "serving/reported": "what was reported, which `serving/mistakes.ts` has",
    system: "all clients in TypeScript are of FeatureHub",
    "serving/write": "the state of writers, which `serving/mod.ts` and `serving/watch.ts` have",
    "usage/exposure": "exposures are those of FeatBit",
  },
};

/** The TypeScript files without a Rust counterpart in the crate, with the reasons. */
const ADDED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  session: {
    "featurehub/core":
      "the data of the session, which all its files share, so that no two of them import each other",
    "featurehub/deadline":
      "what is due, which `featurehub/mod.rs` has, and which the end of a suspension needs",
    "featurehub/handover":
      "what a new context takes over, which `featurehub/contexts.rs` has, and which outcomes need",
    "featurehub/suspension": "suspension, which `kernel/suspension.rs` has",
  },
  repository: {
    attributes: "follows fh-eval/src/attributes",
    engine: "the interface of the engine, which Rust calls directly",
    feature: "follows fh-eval/src/feature.rs",
    timestamp: "follows fh-eval/src/time.rs",
    value: "follows fh-eval/src/value.rs",
  },
};

/** Returns the names of the files of a folder without their ending, sorted. */
function filesOf(folder: string, ending: string): string[] {
  const path = fileURLToPath(new URL(folder, import.meta.url));
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .sort();
}

describe.each(Object.entries(WITHOUT))("the files of %s", (name, without) => {
  test("bear the names of the Rust files", () => {
    const rust = filesOf(`../../../../../fh-client/${name}/src`, ".rs").filter(
      (file) => !TESTS.test(file) && !FURTHER.includes(file.split("/")[0] ?? ""),
    );
    const here = filesOf(`../src/${name}`, ".ts");
    expect(rust.filter((file) => !here.includes(file))).toEqual(Object.keys(without).sort());
    expect(here.filter((file) => !rust.includes(file))).toEqual(Object.keys(ADDED[name] ?? {}));
  });
});
