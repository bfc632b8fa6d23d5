import type { Engine } from "../engine.ts";

interface Client {
  waitForInitialization(options: { readonly timeout: number }): Promise<unknown>;
  close(): void;
}

interface Sdk {
  readonly init: (key: string, options: object) => Client;
  readonly basicLogger: (options: object) => object;
}

interface Integrations {
  readonly TestData: new () => {
    usePreconfiguredFlag(flag: object): Promise<unknown>;
    getFactory(): unknown;
  };
}

/** LaunchDarkly's server SDK with test data. It sends no events. */
export const launchDarkly: Engine = {
  name: "@launchdarkly/node-server-sdk",
  payload: "regex-launchdarkly.json",
  read: "client.variation(key, ctx, false)",
  built:
    'client.variation(key, { kind: "user", key: user.userkey, country: user.country, version: user.version, email: user.email }, false)',
  isAsync: true,
  start: async (payload) => {
    const { init, basicLogger } = (await import("@launchdarkly/node-server-sdk" as string)) as Sdk;
    const { TestData } = (await import(
      "@launchdarkly/node-server-sdk/integrations" as string
    )) as Integrations;
    const data = new TestData();
    for (const flag of Object.values(JSON.parse(payload) as Record<string, object>))
      await data.usePreconfiguredFlag(flag);
    const client = init("sdk-bench", {
      updateProcessor: data.getFactory(),
      sendEvents: false,
      diagnosticOptOut: true,
      logger: basicLogger({ level: "none" }),
    });
    await client.waitForInitialization({ timeout: 10 });
    return {
      context: (user) => {
        const { userkey, country, version, email, plan } = user;
        return { client, user, ctx: { kind: "user", key: userkey, country, version, email, plan } };
      },
      close: () => {
        client.close();
      },
    };
  },
};
