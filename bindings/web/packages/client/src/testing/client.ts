import { compiled } from "../engine/compiled_rules.ts";
import type { EngineSource } from "../engine/load.ts";
import { Client } from "../client/client.ts";
import type { WasmEngine } from "../engine/engine.ts";
import type { AnyFlags, FlagKey } from "../reads/plain_value.ts";
import { partsOf } from "../reads/live.ts";
import type { ClientOptions } from "../options/options.ts";
import type { Ruleset } from "../repository/engine.ts";
import {
  type Problem,
  publish,
  type Rules,
  rulesOf,
  type SessionStatus,
  setStatus,
} from "../repository/lib.ts";
import { parse } from "../text/json.ts";
import { featureOf, received } from "../session/feature_set/received.ts";
import { type FeatureChange, TestFeatures } from "./features.ts";

/**
 * Options of {@link testClient}: those of a client that do not concern the network.
 *
 * @example
 * ```ts
 * const options: TestClientOptions = { clock: () => Date.UTC(2030, 0, 1) };
 * const fixed = testClient({ COLOUR: "red" }, options);
 * ```
 */
export type TestClientOptions = Pick<
  ClientOptions,
  "catchUpdates" | "clock" | "interceptors" | "observers" | "onNotice" | "onReadiness" | "onStatus"
> & {
  /** The evaluation engine, which only features with strategies need. */
  readonly engine?: EngineSource;
  /** The engine for rules with regular expressions. */
  readonly fullEngine?: EngineSource;
};

/** The id of the environment of all features. */
const ENVIRONMENT = "test";

/**
 * A client without a network, whose features the test sets. Changes are served at once; only features with strategies wait for the engine
 * ({@link TestClient.applied}). Listeners are called as those of each client: in a microtask, or by {@link Client.flush}.
 *
 * @example
 * ```ts
 * using tested = testClient({ NEW_CHECKOUT: true });
 * tested.set("NEW_CHECKOUT", false);
 * console.log(tested.isEnabled("NEW_CHECKOUT")); // false
 * ```
 */
export class TestClient<F extends object = AnyFlags> extends Client<F> {
  readonly #features = new TestFeatures();
  #engine: Promise<WasmEngine> | undefined;
  #applied: Promise<void> | undefined;
  #changes = 0;
  #isShown = true;

  /** @internal */
  constructor(values: Partial<F>, options: TestClientOptions) {
    super("", [], { ...options, mode: "offline" });
    // Tests read features that do not exist.
    partsOf(this).repository.mistake = undefined;
    for (const [key, value] of Object.entries(values)) this.#features.change(key, { value });
    this.#publish();
    this.#show({ readiness: "READY", problem: undefined });
  }

  /** Sets the value of a feature. A feature that does not exist is created with the type of the value. */
  set<K extends FlagKey<F>>(key: K, value: F[K] | null): void {
    this.update(key, { value });
  }

  /**
   * Changes several parts of a feature, such as its lock and its strategies. A feature that does not exist is created.
   *
   * @example
   * ```ts
   * client.update("COLOUR", { value: "red", locked: true });
   * ```
   */
  update<K extends FlagKey<F>>(key: K, change: FeatureChange<F[K]>): void {
    this.#features.change(key, change);
    this.#publish();
  }

  /** Deletes a feature. */
  delete(key: FlagKey<F>): void {
    this.#features.delete(key);
    this.#publish();
  }

  /** Takes the features away, as before the first answer of an Edge: reads return defaults. {@link TestClient.heal} ends this. */
  notReady(): void {
    this.#isShown = false;
    this.#publish();
    this.#show({ readiness: "NOT_READY", problem: undefined });
  }

  /** Makes the client fail, as if the Edge refused it. The features stay. {@link TestClient.heal} ends this. */
  fail(problem: Problem = { code: "unauthorised", status: 401 }): void {
    this.#show({ readiness: "FAILED", problem });
  }

  /** Serves the features again. */
  heal(): void {
    this.#isShown = true;
    this.#publish();
    this.#show({ readiness: "READY", problem: undefined });
  }

  /**
   * Waits until the last change is served.
   *
   * @throws an error if a feature has strategies and the engine cannot be loaded
   */
  async applied(): Promise<void> {
    await this.#applied;
  }

  #show(status: Pick<SessionStatus, "readiness" | "problem">): void {
    const { repository } = partsOf(this);
    setStatus(repository, { ...repository.status, ...status });
  }

  #publish(): void {
    const change = ++this.#changes;
    const { repository } = partsOf(this);
    const texts = this.#isShown ? this.#features.json() : [];
    const features = texts.flatMap((text) => featureOf(received(text, parse(text))) ?? []);
    const rules = rulesOf(features, { kind: "one", id: ENVIRONMENT });
    const serve = (ruleset: Ruleset): void => {
      const cause = repository.live.hasList ? "change" : "first";
      if (change === this.#changes) publish(repository, { rules: compiled(rules, ruleset), cause });
    };
    if (this.#isShown && this.#features.haveRules) {
      this.#applied = this.#loadEngine()
        .then((engine) => engine.compileWithEitherEngine(texts))
        .then(serve);
      // `applied` reports the error.
      this.#applied.catch(() => undefined);
    } else {
      this.#applied = undefined;
      serve(withoutRules(rules));
    }
  }

  async #loadEngine(): Promise<WasmEngine> {
    const { startEngine } = await import("../engine/start.ts");
    return (this.#engine ??= startEngine(partsOf(this).engine));
  }
}

/** Returns the ruleset of features without strategies, for which no engine is needed. */
function withoutRules(rules: Rules): Ruleset {
  const evaluations = Array.from(rules.features(), ({ value }) => ({
    value,
    strategyId: undefined,
    reason: "STATIC" as const,
  }));
  const missing = { value: undefined, strategyId: undefined, reason: "ERROR" as const };
  return { evaluate: (position) => evaluations[position] ?? missing };
}

/**
 * Returns a client without a network, which serves these values at once.
 *
 * @example
 * ```ts
 * const client = testClient<Flags>({ NEW_CHECKOUT: true, COLOUR: "red" });
 * client.context({ userkey: "mara" }).isEnabled("NEW_CHECKOUT"); // true
 * client.set("NEW_CHECKOUT", false);
 * ```
 */
export function testClient<F extends object = AnyFlags>(
  values: Partial<F> = {},
  options: TestClientOptions = {},
): TestClient<F> {
  return new TestClient<F>(values, options);
}
