import { distance } from "../text/distance.ts";

/** The names of the options by the form of their values. Choices and durations, which have none here, are checked where they are read. */
const FORMS: Readonly<Record<string, string>> = {
  function: "clock fetch onNotice onReadiness onStatus",
  boolean: "catchUpdates keepAlive overrideLink shareAcrossTabs",
  string: "identification integrity fullIntegrity",
  number: "eventQueue storageMaxAge",
  object: "context headers interceptors observers storage snapshotFile",
  "": "mode contextPlacement overrides profile whenHidden whileSwitching bootstrap engine fullEngine hydrate interval healthyAfter pace returnWithin streamAgainAfter backoff backoffWhenRefused limits",
};
/** What to write for an option whose form alone says too little. */
export const CONTEXT_FORM = 'write an object of names and values, such as { userkey: "mara" }';
/** The names of the members of options that are objects. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  backoff: ["initial", "cap", "jitter"],
  backoffWhenRefused: ["initial", "cap", "jitter"],
  limits: ["head", "poll", "idle", "heldBack", "bytes"],
};
const FORM_OF = new Map(
  Object.entries(FORMS).flatMap(([form, names]) => names.split(" ").map((name) => [name, form] as const)),
);
const NAMES = [...FORM_OF.keys()];

/** The warnings that this program has written. A server may make a client for each request. */
const written = new Set<string>();

/** @throws the error of a setting with which a client can never work */
function neverWorks(name: string, why: string): never {
  throw new TypeError(`the setting ${name} can never work: ${why}`);
}

/**
 * Checks the options of a program in JavaScript, which has no types. One warning names the options that do not exist, and an interval that
 * seems to be in milliseconds.
 *
 * @param mistake - called with the name of an option whose value has another form, and with the form to write
 * @throws what `mistake` throws, by default the TypeError of a setting that can never work
 */
export function checkOptions(
  options: object,
  mistake: (name: string, why: string) => void = neverWorks,
): void {
  const doubts: string[] = [];
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const form = FORM_OF.get(name);
    if (!NAMES.includes(name)) doubts.push(unknown(name, NAMES));
    else if (value === undefined || value === null) continue;
    else if (name === "context" && typeof value !== form) mistake(name, CONTEXT_FORM);
    else if (form && typeof value !== form) mistake(name, `write a value of the type ${form}`);
    else if (name === "headers" && (value as Partial<Iterable<unknown>>)[Symbol.iterator])
      mistake(name, "write an object of names and texts");
    else if (name === "interval" && typeof value === "number" && value > 0 && value % 1000 === 0)
      doubts.push(
        `the interval is ${value} seconds, not milliseconds: for ${value / 1000} seconds, write ${value / 1000}`,
      );
    const members = MEMBERS[name];
    if (members && typeof value === "object")
      for (const each of Object.keys(value as object))
        if (!members.includes(each)) doubts.push(unknown(each, members, `${name}.`));
  }
  const text = doubts.join("; ");
  if (text === "" || written.has(text)) return;
  written.add(text);
  console.warn(`fh-client: ${text}`);
}

/** Returns the sentence about an unknown name, with the known one that is nearest, if there is one. */
function unknown(name: string, known: readonly string[], prefix = ""): string {
  const near = known
    .map((other) => [distance(name.toLowerCase(), other.toLowerCase()), other] as const)
    .filter(([changes, other]) => changes <= Math.max(2, Math.min(name.length, other.length) / 3))
    .sort(([left], [right]) => left - right)[0];
  return `there is no option ${prefix}${name}${near ? `: write ${prefix}${near[1]}` : ""}`;
}
