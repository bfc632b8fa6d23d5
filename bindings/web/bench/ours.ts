import { Client, type ClientOptions, type EngineSource } from "fh-client";

import { partsOf } from "../packages/client/src/reads/live.ts";
import type { Engine, Names, Running } from "./engine.ts";
import { attributesOf, type User, type Workload } from "./workload.ts";

/** The files of the evaluation engines. */
export interface EngineFiles {
  readonly engine: EngineSource;
  readonly fullEngine: EngineSource;
}

/** A client-evaluated key, and a server-evaluated one. */
export const [CLIENT_KEY, SERVER_KEY] = ["environment/key*", "environment/key"];

const URL_OF_EDGE = "https://edge.example";
/** The source of an expression that builds a context of four attributes. */
export const BUILT =
  "client.context({ userkey: user.userkey, country: user.country, version: user.version, email: user.email })";

/** Starts a client whose `fetch` answers one poll with these features, and waits until it is ready. */
export async function polled(
  key: string,
  features: string,
  files: EngineFiles,
  options: ClientOptions = {},
): Promise<Client> {
  const client = new Client(URL_OF_EDGE, key, {
    ...files,
    mode: "once",
    storage: null,
    fetch: () => Promise.resolve(response(`[{"id":"environment","features":${features}}]`)),
    ...options,
  });
  await client.ready();
  return client;
}

function response(body: string): Response {
  return new Response(body, { headers: { "content-type": "application/json" } });
}

/** Starts a streaming client with these features. The returned function sends an event to it. */
export async function streamed(
  key: string,
  features: string,
  files: EngineFiles,
): Promise<{ readonly client: Client; readonly send: (name: string, json: string) => void }> {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const send = (name: string, json: string): void => {
    controller?.enqueue(encoder.encode(`event: ${name}\ndata: ${json}\n\n`));
  };
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
  });
  send("features", features);
  const client = new Client(URL_OF_EDGE, key, {
    ...files,
    storage: null,
    fetch: () => Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } })),
  });
  await client.ready();
  return { client, send };
}

/** Returns the features as an Edge evaluates them for a user: without strategies. */
export function evaluatedFor(user: User, payload: string, { users, answers }: Workload): string {
  const position = users.findIndex(({ userkey }) => userkey === user.userkey);
  const features = JSON.parse(payload) as readonly { readonly key: string }[];
  return JSON.stringify(
    features.map((feature) => ({
      ...{ ...feature, strategies: undefined },
      value: answers[feature.key]?.[position] === "1",
    })),
  );
}

/** Returns the variants of `fh-client`: with cached answers, without, and with a server-evaluated key. */
export function ours(files: EngineFiles, workload: Workload): Engine[] {
  const common = {
    payload: "regex-featurehub.json",
    read: "ctx.isEnabled(key)",
    all: "ctx.values()",
    hasFeatureHubHash: true,
  };
  const clientEvaluated = async (payload: string, keepsAnswers: boolean): Promise<Running> => {
    const client = await polled(CLIENT_KEY, payload, files);
    Object.assign(partsOf(client).repository, { keepsAnswers });
    return {
      context: (user) => ({ client, user, ctx: client.context(attributesOf(user)) }),
      close: () => {
        client.close();
      },
    };
  };
  const serverEvaluated = (payload: string): Promise<Running> => {
    const clients: Client[] = [];
    const context = async (user: User): Promise<Names> => {
      const attributes = attributesOf(user);
      const client = await polled(SERVER_KEY, evaluatedFor(user, payload, workload), files, {
        context: attributes,
      });
      clients.push(client);
      return { client, user, ctx: client.context(attributes) };
    };
    const close = (): void => {
      for (const client of clients) client.close();
    };
    return Promise.resolve({ context, close });
  };
  return [
    {
      ...common,
      name: OURS.cached,
      built: `${BUILT}.isEnabled(key)`,
      start: (payload) => clientEvaluated(payload, true),
    },
    {
      ...common,
      name: OURS.uncached,
      built: `${BUILT}.isEnabled(key)`,
      start: (payload) => clientEvaluated(payload, false),
    },
    { ...common, name: OURS.serverEvaluated, start: serverEvaluated },
  ];
}

/** The names of the variants. */
export const OURS = {
  cached: "fh-client",
  uncached: "fh-client, nothing cached",
  serverEvaluated: "fh-client, server-evaluated key",
} as const;
