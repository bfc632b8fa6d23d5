import type { Engine } from "../engine.ts";
import type { User } from "../workload.ts";

interface ClientBuilder {
  offline(isOffline: boolean): ClientBuilder;
  logger(logger: object): ClientBuilder;
  useJsonBootstrapProvider(json: string): ClientBuilder;
  build(): { close(): Promise<void> };
}

interface UserBuilder {
  custom(name: string, value: string): UserBuilder;
  build(): object;
}

interface Sdk {
  readonly FbClientBuilder: new () => ClientBuilder;
  readonly UserBuilder: new (key: string) => UserBuilder;
}

const silent = (): void => undefined;

/**
 * FeatBit's server SDK, offline. It has no versions, so it compares numbers. Its operator for regular expressions takes the attribute as the
 * pattern, so it compares suffixes in W4.
 */
export const featBit: Engine = {
  name: "@featbit/node-server-sdk",
  payload: "suffix-featbit.json",
  read: "client.boolVariation(key, ctx, false)",
  built: "client.boolVariation(key, build(user).build(), false)",
  isAsync: true,
  start: async (payload) => {
    const { FbClientBuilder, UserBuilder } = (await import("@featbit/node-server-sdk" as string)) as Sdk;
    const client = new FbClientBuilder()
      .offline(true)
      .logger({ error: silent, warn: silent, info: silent, debug: silent })
      .useJsonBootstrapProvider(payload)
      .build();
    const build = ({ userkey, country, versionNumber, email }: User): UserBuilder =>
      new UserBuilder(userkey)
        .custom("country", country)
        .custom("version", versionNumber)
        .custom("email", email);
    return {
      context: (user) => ({ client, user, build, ctx: build(user).custom("plan", user.plan).build() }),
      close: () => client.close(),
    };
  },
};
