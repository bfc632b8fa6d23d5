// The adapter of FeatureHub's published SDKs for JavaScript: featurehub-javascript-node-sdk, and the browser's, whose build replaces the
// package. It adds nothing to what the SDK does: the calls are those of a program that follows the SDK's README.

import {
  ClientEvalFeatureContext,
  ClientFeatureRepository,
  FeatureUpdater,
  SSEResultState,
  fhLog,
  type BaseClientContext,
} from "featurehub-javascript-node-sdk";
import { version } from "featurehub-javascript-node-sdk/package.json";

import { CANNOT, DEFAULTS, SDK } from "./capabilities.ts";
import { Client, clientOf, withAttributes } from "./client.ts";
import { intercept, listen, unlisten } from "./listeners.ts";
import { Unsupported, run, type Members, type Operation } from "./loop.ts";
import { answerOf } from "./reads.ts";

/** Time limit of a call whose command gives none. */
const CALL_MS = 5000;

function hello(): Members {
  return { protocol: 1, sdk: { ...SDK, version }, cannot: CANNOT, defaults: DEFAULTS };
}

function create(command: Members): Members {
  if (command.debug) fhLog.trace = (...parts) => console.error(...parts);
  return { ignored: new Client(command.client, command).ignored };
}

function state(command: Members): Members {
  const client = clientOf(command);
  return { readiness: client.readiness(), sent: client.requests.sent };
}

function read(command: Members): Members {
  const client = clientOf(command);
  const answer = (read: Members) => answerOf(client.repository, client.readContext(read.context), read);
  return { answers: command.reads.map(answer) };
}

function evaluate(command: Members): Members {
  const repository = new ClientFeatureRepository();
  repository.notify(SSEResultState.Features, JSON.parse(command.payload));
  const answer = (read: Members) => {
    const context = read.context && withAttributes(new ClientEvalFeatureContext(repository, undefined as never), read.context);
    return answerOf(repository, context as BaseClientContext | undefined, read);
  };
  return { answers: command.reads.map(answer) };
}

async function context(command: Members): Promise<Members> {
  const client = clientOf(command);
  await within(command, client.requests.from(() => client.context(command.attributes).build()));
  return { readiness: client.readiness() };
}

async function refresh(command: Members): Promise<Members> {
  const client = clientOf(command);
  await within(command, client.requests.from(() => client.edge.poll()));
  return { readiness: client.readiness() };
}

/** Waits for a promise of the SDK, but not longer than the time limit of the command. */
function within(command: Members, promise: Promise<unknown>): Promise<unknown> {
  const limit = new Promise((resolve) => setTimeout(resolve, command.timeout_ms ?? CALL_MS));
  return Promise.race([promise, limit]);
}

function catchUpdates(command: Members): void {
  clientOf(command).repository.catchAndReleaseMode = command.on ?? true;
}

async function release(command: Members): Promise<void> {
  if (command.features) throw new Unsupported("the SDK releases all features at once");
  await clientOf(command).repository.release();
}

async function update(command: Members): Promise<Members> {
  const { lock, value } = command;
  const { config, requests } = clientOf(command);
  const change = { ...(lock != null && { lock }), ...(value != null && { value }) };
  return { accepted: await requests.from(() => new FeatureUpdater(config).updateKey(command.feature, change)) };
}

function close(command: Members): Members {
  const client = clientOf(command);
  const begin = performance.now();
  client.config.close();
  return { took_ms: Math.round(performance.now() - begin) };
}

function unsupported(capability: string): Operation {
  return () => {
    throw new Unsupported(CANNOT[capability]);
  };
}

run({
  hello,
  evaluate,
  create,
  state,
  wait: unsupported("ready.wait"),
  read,
  context,
  keys: unsupported("keys.change"),
  listen,
  unlisten,
  refresh,
  suspend: unsupported("suspend"),
  resume: unsupported("suspend"),
  catch: catchUpdates,
  release,
  intercept,
  record: unsupported("usage.named"),
  update,
  close,
});
