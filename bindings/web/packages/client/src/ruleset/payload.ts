import type { ModuleBytes } from "../platform/browser_types.ts";
import type { GivenAttributes } from "../attributes.ts";
import { type Diagnostic, readDiagnostics } from "../engine/diagnostics.ts";
import type { EngineSource } from "../engine/load.ts";
import type { Profile } from "../engine/module.ts";
import {
  asText,
  isObject,
  type Json,
  type JsonObject,
  member,
  members,
  parse,
  textAt,
  walk,
} from "../text/json.ts";
import { type Environments, publish, Repository, rulesOf, setStatus } from "../repository/lib.ts";
import { INITIAL_STATUS } from "../repository/status.ts";
import { featureOf, received } from "../session/feature_set/received.ts";
import type { Feature } from "../repository/feature.ts";
import { fromUtf8, wellFormed } from "../text/text.ts";
import { isTooDense } from "../text/weight.ts";

/** The features of a payload, compiled by the full engine. */
export interface CompiledPayload {
  /** A repository that serves the features. */
  readonly repository: Repository;
  readonly diagnostics: readonly Diagnostic[];
  /** Returns the engine's report about an evaluation; `undefined` if there is no such feature. @throws the error of the engine */
  explain(key: string, attributes: GivenAttributes | undefined): unknown;
  free(): void;
}

interface Options {
  readonly profile?: Profile;
  readonly clock?: () => number;
  readonly fullEngine?: EngineSource;
  readonly fullIntegrity?: string;
}

/** Compiles a payload. @throws a TypeError if the payload cannot be read as a whole */
export async function compilePayload(
  payload: string | Uint8Array | object,
  { profile = "client", clock = Date.now, fullEngine: source, fullIntegrity: integrity }: Options,
  readFile: ((url: URL) => Promise<ModuleBytes>) | undefined,
): Promise<CompiledPayload> {
  const json = textOf(payload);
  const { available, Batch, compiled, CompiledFeatures, guarded, Instance, loadFull, ...engine } =
    await import("../engine/start.ts");
  const { Places, PROFILE_NUMBERS, split, WasmRuleset, WHOLE_BITS } = engine;
  if (!Object.hasOwn(PROFILE_NUMBERS, profile)) throw new TypeError("a profile is `client` or `edge`");
  const module = await available(loadFull(source, { integrity, readFile }));
  const instance = Instance.of(module);
  // The texts are cut before the engine compiles, whose memory never shrinks, so that both do not need their memory at the same time.
  const known = featuresOf(json);
  const compile = (): number => {
    try {
      return module.compile_document(json, PROFILE_NUMBERS[profile], "");
    } catch (error) {
      if (error instanceof Error && error.constructor === Error)
        throw new TypeError(error.message, { cause: error });
      throw error;
    }
  };
  return guarded(instance, () => {
    const whole = new CompiledFeatures(instance, compile);
    const read = <T>(of: (handle: number) => T): T | undefined => whole.use(of);
    const joined = read(module.keys) ?? "";
    const keys = joined === "" ? [] : split(joined);
    const diagnostics = readDiagnostics(read(module.diagnostics) ?? "[]");
    const features = keys.flatMap(
      (key) => known.byKey.get(key) ?? featureOf(received(JSON.stringify({ key }), { key })) ?? [],
    );
    const texts = features.map((feature) => feature.json);
    const batch = new Batch(instance, texts.length, WHOLE_BITS, () => whole);
    const ruleset = new WasmRuleset(texts, Places.of(batch), { failed: reportFailure });
    const environments: Environments =
      known.environment === undefined ? { kind: "unknown" } : { kind: "one", id: known.environment };
    const repository = new Repository({ clock });
    publish(repository, {
      rules: compiled(rulesOf(features, environments), ruleset),
      cause: "first",
    });
    setStatus(repository, { ...INITIAL_STATUS, readiness: "READY", connection: "offline" });
    const explain = (key: string, attributes: GivenAttributes | undefined): unknown => {
      const position = keys.indexOf(key);
      if (position < 0) return undefined;
      return read((handle): unknown =>
        JSON.parse(module.explain(handle, position, instance.contexts.handle(attributes), clock())),
      );
    };
    const free = (): void => {
      whole.free();
    };
    return { repository, diagnostics, explain, free };
  });
}

function reportFailure(_json: string, error: unknown): void {
  console.error("fh-client: the evaluation engine failed", error);
}

/** Returns the JSON of a payload, without a byte order mark. */
function textOf(payload: string | Uint8Array | object): string {
  const isText = typeof payload === "string";
  const text = payload instanceof Uint8Array ? fromUtf8(payload) : isText ? payload : JSON.stringify(payload);
  if (text === undefined) throw new TypeError("the document is not UTF-8 text");
  return wellFormed(text).replace(/^\ufeff/, "");
}

/**
 * Returns the features by key, of which the last one with a key counts, and the id of the environment. A document that the engine refuses has
 * none.
 */
function featuresOf(json: string): { byKey: Map<string, Feature>; environment: string | undefined } {
  const byKey = new Map<string, Feature>();
  let environment: string | undefined;
  const add = (text: string, object: JsonObject): void => {
    const feature = featureOf(received(text, object));
    if (feature) byKey.set(feature.key, feature);
    if (asText(member(object, "key")) !== undefined) return;
    const features = members(text)?.findLast(([name]) => name === "features")?.[1];
    if (features === undefined) return;
    environment = asText(member(object, "id"));
    for (const [each, parts] of objectsOf(features, member(object, "features"))) {
      const listed = featureOf(received(each, parts));
      if (listed) byKey.set(listed.key, listed);
    }
  };
  const document = isTooDense(json) ? undefined : parse(json);
  if (isObject(document)) add(json, document);
  else for (const [text, object] of objectsOf(json, document)) add(text, object);
  return { byKey, environment };
}

/** Returns the objects of a list with their texts. The list may have many elements that are none. */
function objectsOf(json: string, list: Json | undefined): [string, JsonObject][] {
  const found: [string, JsonObject][] = [];
  if (!Array.isArray(list)) return found;
  walk(json, 0, "[", (at, position) => {
    const element = (list as readonly Json[])[position];
    if (!isObject(element)) return undefined;
    const text = textAt(json, at);
    found.push([text, element]);
    return at + text.length;
  });
  return found;
}
