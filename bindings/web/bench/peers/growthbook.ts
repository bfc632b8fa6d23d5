import type { Engine } from "../engine.ts";
import type { User } from "../workload.ts";

interface Instance {
  initSync(options: { readonly payload: { readonly features: unknown } }): Instance;
  destroy(): void;
}

interface Sdk {
  readonly GrowthBook: new (options: object) => Instance;
  readonly GrowthBookClient: new () => Instance;
}

/** GrowthBook. An instance has the attributes of one user; a client has none, and each read of it names them. */
export const growthBook: Engine = {
  name: "@growthbook/growthbook",
  payload: "regex-growthbook.json",
  read: "ctx.isOn(key)",
  built:
    "client.isOn(key, { attributes: { id: user.userkey, country: user.country, version: user.version, email: user.email } })",
  isLoadMeasured: true,
  start: async (payload) => {
    const { GrowthBook, GrowthBookClient } = (await import("@growthbook/growthbook" as string)) as Sdk;
    const features = JSON.parse(payload) as unknown;
    const client = new GrowthBookClient().initSync({ payload: { features } });
    const attributes = ({ userkey, country, version, email, plan }: User): object => ({
      ...{ id: userkey, country, version, email, plan },
    });
    return {
      context: (user) => ({
        client,
        user,
        ctx: new GrowthBook({ attributes: attributes(user) }).initSync({ payload: { features } }),
      }),
      close: () => {
        client.destroy();
      },
    };
  },
};
