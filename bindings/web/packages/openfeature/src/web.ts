/**
 * The OpenFeature provider for browsers over the FeatureHub client `fh-client`.
 *
 * @packageDocumentation
 */

import {
  type EvaluationContext,
  type JsonValue,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  type ResolutionDetails,
} from "@openfeature/web-sdk";
import { type AnyFlags, type Client, EdgeProblem } from "fh-client";

import { evaluate, evaluateObject } from "./evaluation.ts";
import { attributesOf } from "./evaluation_context.ts";
import { ClientEvents } from "./provider_events.ts";
import { type ProviderOptions, TIMEOUT } from "./provider_options.ts";

export type { ProviderOptions } from "./provider_options.ts";

/**
 * An OpenFeature provider for browsers, which reads features from a client. The program can use the client directly as well, and closes it.
 *
 * With a server-evaluated key, a change of OpenFeature's context makes the Edge evaluate the features for the new context. The SDK reports
 * `Reconciling` meanwhile.
 *
 * @example
 * ```ts
 * import { OpenFeature } from "@openfeature/web-sdk";
 *
 * const client = new Client("https://edge.example", "environment/key");
 * await OpenFeature.setContext({ targetingKey: "mara", country: "new_zealand" });
 * await OpenFeature.setProviderAndWait(new FeatureHubWebProvider(client));
 * OpenFeature.getClient().getBooleanValue("NEW_CHECKOUT", false);
 * ```
 */
export class FeatureHubWebProvider<F extends object = AnyFlags> implements Provider {
  /** The name of the provider. */
  readonly metadata: { readonly name: string };
  /** The SDK for which the provider is. */
  readonly runsOn = "client";
  /** The events of the provider. */
  readonly events = new OpenFeatureEventEmitter();
  /** The client from which the provider reads. */
  readonly client: Client<F>;
  readonly #client: Client;
  readonly #timeoutMs: number;
  readonly #clientEvents: ClientEvents;

  constructor(client: Client<F>, options: ProviderOptions = {}) {
    this.client = client;
    this.#client = client as unknown as Client;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT;
    this.metadata = { name: options.name ?? "featurehub" };
    this.#clientEvents = new ClientEvents(this.#client, (event, details) => {
      this.events.emit(ProviderEvents[event], details);
    });
  }

  /**
   * Waits until the client has features for the context.
   *
   * @throws an error if the Edge refuses the client, if the client ends, or after the time limit. The provider becomes ready later, as soon
   *   as the client has features.
   */
  async initialize(context: EvaluationContext = {}): Promise<void> {
    let isReady = false;
    try {
      // Without attributes, the client keeps the context that the program has set.
      const isGiven = Object.keys(attributesOf(context)).length > 0;
      await (isGiven && this.#client.keyKind === "server" ? this.#evaluateFor(context) : this.#ready());
      isReady = true;
    } finally {
      this.#clientEvents.start(isReady);
    }
  }

  /**
   * Makes the Edge evaluate the features for the context, if the key is server-evaluated, and waits for them within the time limit. The SDK
   * reports the outcome. After an outage that lasts longer, the provider reports that it is ready.
   */
  onContextChange(_: EvaluationContext, context: EvaluationContext): Promise<void> | undefined {
    if (this.#client.keyKind !== "server") return undefined;
    return this.#clientEvents.reportedBySdk(this.#evaluateFor(context));
  }

  async #evaluateFor(context: EvaluationContext): Promise<void> {
    const evaluated = this.#client.setContext(attributesOf(context)).catch((error: unknown) => {
      if (isRejected(error)) throw error;
    });
    // The client retries after temporary failures, and is ready once it has the features for its newest context.
    await Promise.all([evaluated, this.#ready()]);
  }

  #ready(): Promise<void> {
    return this.#client.ready({ timeoutMs: this.#timeoutMs });
  }

  /** Ends the events of the provider. The client stays open. */
  onClose(): Promise<void> {
    this.#clientEvents.stop();
    return Promise.resolve();
  }

  /** Returns the value of a BOOLEAN feature. */
  resolveBooleanEvaluation(
    key: string,
    defaultValue: boolean,
    context: EvaluationContext,
  ): ResolutionDetails<boolean> {
    return evaluate(this.#client, "BOOLEAN", key, defaultValue, context);
  }

  /** Returns the value of a STRING feature. */
  resolveStringEvaluation(
    key: string,
    defaultValue: string,
    context: EvaluationContext,
  ): ResolutionDetails<string> {
    return evaluate(this.#client, "STRING", key, defaultValue, context);
  }

  /** Returns the value of a NUMBER feature as the nearest double. */
  resolveNumberEvaluation(
    key: string,
    defaultValue: number,
    context: EvaluationContext,
  ): ResolutionDetails<number> {
    return evaluate(this.#client, "NUMBER", key, defaultValue, context);
  }

  /** Returns the document of a JSON feature, which must be an object. */
  resolveObjectEvaluation<V extends JsonValue>(
    key: string,
    defaultValue: V,
    context: EvaluationContext,
  ): ResolutionDetails<V> {
    return evaluateObject(this.#client, key, defaultValue, context);
  }
}

/** Returns true if the client keeps its former context, and does not ask the Edge for the new one. */
function isRejected(error: unknown): boolean {
  return (
    !(error instanceof EdgeProblem) || error.problem.code === "context" || error.problem.code === "stale"
  );
}
