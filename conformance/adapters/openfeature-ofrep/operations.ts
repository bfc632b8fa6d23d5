// The adapter of OpenFeature's published providers for OFREP. The tests of this project's Edge drive it; the scenarios of the suite are
// for FeatureHub's protocol. In the mode `poll`, the client is the web provider, which fetches all flags at once. In the mode `passive`,
// it is the server provider, which sends a request for each read.

import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature as Server } from "@openfeature/server-sdk";
import { OpenFeature as Web } from "@openfeature/web-sdk";
import { version } from "@openfeature/ofrep-core/package.json";

import { Misuse, Unsupported, run, type Members } from "./loop.ts";

const GETTERS: Record<string, string> = { BOOLEAN: "Boolean", STRING: "String", NUMBER: "Number", JSON: "Object" };

type Details = { value: unknown; reason?: string; variant?: string; errorCode?: string; errorMessage?: string };
type Client = {
  detail(read: Members): Details | Promise<Details>;
  setContext(context: Members): Promise<void>;
  close(): Promise<void>;
};

const clients = new Map<string, Client>();

function clientOf(command: Members): Client {
  const client = clients.get(command.client);
  if (!client) throw new Misuse(`there is no client ${JSON.stringify(command.client)}`);
  return client;
}

/** OpenFeature's attributes are single values. */
function attributes(context: Members | null | undefined): Members {
  return Object.fromEntries(Object.entries(context ?? {}).map(([name, values]) => [name, values[0]]));
}

async function web(command: Members): Promise<Client> {
  const headers: [string, string][] = [["Authorization", `Bearer ${command.keys[0]}`]];
  const provider = new OFREPWebProvider({ baseUrl: command.edge_url, pollInterval: command.poll_ms, headers });
  await Web.setContext(attributes(command.context));
  await Web.setProviderAndWait(provider);
  const client = Web.getClient() as any;
  return {
    detail: (read) => client[`get${GETTERS[read.type]}Details`](read.feature, read.default),
    setContext: (context) => Web.setContext(attributes(context)),
    close: () => Web.close(),
  };
}

async function server(command: Members): Promise<Client> {
  const headers: [string, string][] = [["X-API-Key", command.keys[0]]];
  await Server.setProviderAndWait(new OFREPProvider({ baseUrl: command.edge_url, headers }));
  const client = Server.getClient() as any;
  return {
    detail: (read) => client[`get${GETTERS[read.type]}Details`](read.feature, read.default, attributes(read.context)),
    setContext: () => Promise.reject(new Unsupported("each read has its own context")),
    close: () => Server.close(),
  };
}

function hello(): Members {
  const sdk = { name: "openfeature-ofrep", version, language: "JavaScript", runtime: `Node ${process.versions.node}` };
  return { protocol: 1, sdk, cannot: {} };
}

async function create(command: Members): Promise<Members> {
  const open = { poll: web, passive: server }[command.mode as string];
  if (!open) throw new Unsupported(`there is no provider for the mode ${command.mode}`);
  clients.set(command.client, await open(command));
  return {};
}

async function context(command: Members): Promise<Members> {
  await clientOf(command).setContext(command.attributes);
  return {};
}

/** The answers have the members `variant` and `message` in addition, which only OpenFeature has. */
async function read(command: Members): Promise<Members> {
  const answers = [];
  for (const read of command.reads) {
    const { value, reason, variant, errorCode, errorMessage } = await clientOf(command).detail(read);
    const shown = typeof value === "object" ? JSON.stringify(value) : value;
    answers.push({ value: shown, reason, variant, error: errorCode, message: errorMessage });
  }
  return { answers };
}

async function close(command: Members): Promise<Members> {
  const begin = performance.now();
  await clientOf(command).close();
  return { took_ms: Math.round(performance.now() - begin) };
}

run({ hello, create, context, read, close });
