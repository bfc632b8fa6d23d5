import type { Engine } from "../engine.ts";

interface Sdk {
  readonly Statsig: new (
    key: string,
    options: object,
  ) => { initialize(): Promise<{ isSuccess: boolean; error?: string }>; shutdown(): Promise<unknown> };
  readonly StatsigUser: new (attributes: object) => object;
}

const done = (): Promise<void> => Promise.resolve();

/** Statsig's server core, a native module. It logs no exposures. */
export const statsig: Engine = {
  name: "@statsig/statsig-node-core",
  payload: "regex-statsig.json",
  read: "client.checkGate(ctx, key, silent)",
  built:
    "client.checkGate(new StatsigUser({ userID: user.userkey, country: user.country, appVersion: user.version, email: user.email }), key, silent)",
  start: async (payload) => {
    const { Statsig, StatsigUser } = (await import("@statsig/statsig-node-core" as string)) as Sdk;
    const client = new Statsig("secret-bench", {
      dataStore: {
        get: () => Promise.resolve({ result: payload, time: 1 }),
        initialize: done,
        shutdown: done,
        set: done,
        supportPollingUpdatesFor: () => Promise.resolve(false),
      },
      disableNetwork: true,
      disableCountryLookup: true,
      disableAllLogging: true,
      outputLogLevel: "none",
    });
    const { isSuccess, error } = await client.initialize();
    if (!isSuccess) throw new Error(error);
    const silent = { disableExposureLogging: true };
    return {
      context: (user) => {
        const { userkey, country, version, email, plan } = user;
        const ctx = new StatsigUser({
          ...{ userID: userkey, country, appVersion: version, email, custom: { plan } },
        });
        return { client, user, silent, StatsigUser, ctx };
      },
      close: () => client.shutdown(),
    };
  },
};
