/**
 * The OpenFeature provider for servers over the FeatureHub client `fh-client`.
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
} from "@openfeature/server-sdk";
import type { AnyFlags, Client } from "fh-client";

import { evaluate, evaluateObject } from "./evaluation.ts";
import { ClientEvents } from "./provider_events.ts";
import { type ProviderOptions, TIMEOUT } from "./provider_options.ts";

export type { ProviderOptions } from "./provider_options.ts";

/**
 * An OpenFeature provider for servers, which reads features from a client. Each evaluation has a context of its own, so the key of the
 * client is a client-evaluated one. The program can use the client directly as well, and closes it.
 *
 * @example
 * ```ts
 * import { OpenFeature } from "@openfeature/server-sdk";
 *
 * const client = new Client("https://edge.example", "environment/key*");
 * await OpenFeature.setProviderAndWait(new FeatureHubServerProvider(client));
 * const mara = { targetingKey: "mara", country: "new_zealand" };
 * await OpenFeature.getClient().getBooleanValue("NEW_CHECKOUT", false, mara);
 * ```
 */
export class FeatureHubServerProvider<F extends object = AnyFlags> implements Provider {
  /** The name of the provider. */
  readonly metadata: { readonly name: string };
  /** The SDK for which the provider is. */
  readonly runsOn = "server";
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
   * Waits until the client has features.
   *
   * @throws an error if the Edge refuses the client, if the client ends, or after the time limit. The provider becomes ready later, as soon
   *   as the client has features.
   */
  async initialize(): Promise<void> {
    let isReady = false;
    try {
      await this.#client.ready({ timeoutMs: this.#timeoutMs });
      isReady = true;
    } finally {
      this.#clientEvents.start(isReady);
    }
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
  ): Promise<ResolutionDetails<boolean>> {
    return Promise.resolve(evaluate(this.#client, "BOOLEAN", key, defaultValue, context));
  }

  /** Returns the value of a STRING feature. */
  resolveStringEvaluation(
    key: string,
    defaultValue: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<string>> {
    return Promise.resolve(evaluate(this.#client, "STRING", key, defaultValue, context));
  }

  /** Returns the value of a NUMBER feature as the nearest double. */
  resolveNumberEvaluation(
    key: string,
    defaultValue: number,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<number>> {
    return Promise.resolve(evaluate(this.#client, "NUMBER", key, defaultValue, context));
  }

  /** Returns the document of a JSON feature, which must be an object. */
  resolveObjectEvaluation<V extends JsonValue>(
    key: string,
    defaultValue: V,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<V>> {
    return Promise.resolve(evaluateObject(this.#client, key, defaultValue, context));
  }
}
