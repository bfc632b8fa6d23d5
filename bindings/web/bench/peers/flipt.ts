import type { Engine } from "../engine.ts";

interface Client {
  /** Ends the updates. Only the client for Node has it. */
  close?(): void;
}

interface Sdk {
  readonly FliptClient: { init(options: object): Promise<Client> };
}

/**
 * Flipt's client, whose engine is WebAssembly. It has neither regular expressions nor versions, so it compares suffixes in W4, and numbers.
 */
export const flipt: Engine = {
  name: "@flipt-io/flipt-client-js",
  payload: "suffix-flipt.json",
  read: "client.evaluateBoolean({ flagKey: key, entityId: user.userkey, context: ctx }).enabled",
  built:
    "client.evaluateBoolean({ flagKey: key, entityId: user.userkey, context: { country: user.country, version: user.versionNumber, email: user.email } }).enabled",
  isLoadMeasured: true,
  start: async (payload) => {
    const { FliptClient } = (await import("@flipt-io/flipt-client-js" as string)) as Sdk;
    const client = await FliptClient.init({
      namespace: "default",
      updateInterval: 0,
      fetcher: () => Promise.resolve(new Response(payload)),
    });
    return {
      context: (user) => {
        const { country, versionNumber, email, plan } = user;
        return { client, user, ctx: { country, version: versionNumber, email, plan } };
      },
      close: () => {
        client.close?.();
      },
    };
  },
};
