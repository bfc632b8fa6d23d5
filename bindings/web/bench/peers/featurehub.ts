import type { Engine } from "../engine.ts";
import type { User } from "../workload.ts";

interface Context {
  userKey(value: string): Context;
  attributeValue(name: string, value: string): Context;
}

/** The names of a published SDK that the bench uses. */
interface Sdk {
  readonly ClientFeatureRepository: new () => { notify(event: string, features: unknown): void };
  readonly ClientEvalFeatureContext: new (repository: unknown, edge: unknown) => Context;
  readonly SSEResultState: { readonly Features: string };
}

/** Returns a published SDK of FeatureHub, whose module `load` imports. */
export function featureHub(name: string, load: () => Promise<unknown>): Engine {
  return {
    name,
    payload: "regex-featurehub.json",
    read: "ctx.isEnabled(key)",
    built: "build(user).isEnabled(key)",
    hasFeatureHubHash: true,
    isLoadMeasured: true,
    start: async (payload) => {
      const module = (await load()) as Sdk & { readonly default?: Sdk };
      const { ClientFeatureRepository, ClientEvalFeatureContext, SSEResultState } = module.default ?? module;
      const client = new ClientFeatureRepository();
      client.notify(SSEResultState.Features, JSON.parse(payload));
      const build = ({ userkey, country, version, email }: User): Context =>
        new ClientEvalFeatureContext(client, {})
          .userKey(userkey)
          .attributeValue("country", country)
          .attributeValue("version", version)
          .attributeValue("email", email);
      return {
        context: (user) => ({ client, user, build, ctx: build(user).attributeValue("plan", user.plan) }),
        close: () => undefined,
      };
    },
  };
}

/** The published SDK for browsers. */
export const featureHubClient = featureHub(
  "featurehub-javascript-client-sdk",
  () => import("featurehub-javascript-client-sdk" as string) as Promise<unknown>,
);
