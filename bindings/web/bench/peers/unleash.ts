import type { Engine } from "../engine.ts";

interface Unleash {
  on(event: string, call: () => void): void;
  destroy(): void;
}

interface Sdk {
  readonly Unleash: new (options: object) => Unleash;
  readonly InMemStorageProvider: new () => object;
}

/** Unleash for Node. Metrics are off. */
export const unleash: Engine = {
  name: "unleash-client",
  payload: "regex-unleash.json",
  read: "client.isEnabled(key, ctx)",
  built:
    "client.isEnabled(key, { userId: user.userkey, properties: { country: user.country, version: user.version, email: user.email } })",
  start: async (payload) => {
    const { Unleash, InMemStorageProvider } = (await import("unleash-client" as string)) as Sdk;
    const { features } = JSON.parse(payload) as { readonly features: object[] };
    const client = new Unleash({
      appName: "bench",
      // Nothing listens there.
      url: "http://127.0.0.1:9/api",
      refreshInterval: 0,
      disableMetrics: true,
      skipInstanceCountWarning: true,
      storageProvider: new InMemStorageProvider(),
      bootstrap: { data: features },
    });
    for (const event of ["error", "warn"]) client.on(event, () => undefined);
    await new Promise<void>((resolve) => {
      client.on("ready", resolve);
    });
    return {
      context: (user) => {
        const { userkey, country, version, email, plan } = user;
        return { client, user, ctx: { userId: userkey, properties: { country, version, email, plan } } };
      },
      close: () => {
        client.destroy();
      },
    };
  },
};
