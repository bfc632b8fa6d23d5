import { type ClientOptions, EdgeProblem, NotReady, noticeText, problemText } from "fh-client";

import { type Operation, Unsupported } from "adapter-loop";
import { PLATFORM } from "adapter-platform";

import manifest from "../packages/client/package.json" with { type: "json" };
import { COMMON_CANNOT, DEFAULTS } from "./capabilities.ts";
import { add, AdapterClient, checkFree, clientOf } from "./clients.ts";
import { watchEngines } from "./engine_watch.ts";
import { evaluate } from "./evaluate.ts";
import { intercept } from "./interceptors.ts";
import { listen } from "./listeners.ts";
import type {
  CatchCommand,
  ClientCommand,
  ContextCommand,
  CreateCommand,
  InterceptCommand,
  KeysCommand,
  ListenCommand,
  ReadAnswer,
  ReadCommand,
  RecordCommand,
  ReleaseCommand,
  UnlistenCommand,
  UpdateCommand,
  WaitCommand,
} from "./protocol.ts";
import { answerOf } from "./reads.ts";
import { ignoredSettings, optionsOf } from "./settings.ts";
import { startReaders } from "./state_readers.ts";
import { atMost } from "./time_limit.ts";
import { update } from "./updates.ts";
import { record } from "./usage.ts";

/** The time limit of a wait whose command gives none. */
const LIMIT_MS = 5000;
/** The time for which an answer to `close` may wait for the end of the client. */
const CLOSE_MS = 1000;

const CANNOT: Readonly<Record<string, string>> = { ...COMMON_CANNOT, ...PLATFORM.cannot };

watchEngines();

function hello() {
  const { name, runtime } = PLATFORM;
  const sdk = { name, version: manifest.version, language: "TypeScript", runtime };
  return { protocol: 1, sdk, cannot: CANNOT, defaults: DEFAULTS };
}

function create(command: CreateCommand): { ignored: string[] } {
  const { client: name, debug, readers } = command;
  checkFree(name);
  const log = debug === true ? LOG : {};
  const client = new AdapterClient(name, PLATFORM.start(command, { ...optionsOf(command), ...log }));
  add(client);
  startReaders(client, readers ?? 0);
  return { ignored: ignoredSettings(command) };
}

/** The listeners of a client that logs as much as it can. */
const LOG: ClientOptions = {
  onNotice: (notice) => {
    console.error("notice:", noticeText(notice));
  },
  onStatus: (status) => {
    console.error("status:", status);
  },
};

function state(command: ClientCommand) {
  const { status } = clientOf(command).sdk;
  return {
    readiness: status.readiness,
    problem: status.problem === undefined ? null : problemText(status.problem),
    // Features from a snapshot may be out of date until the Edge has confirmed or replaced them.
    stale: status.isStale || status.source?.kind === "snapshot",
    age_ms: status.dataAge === undefined ? null : Math.floor(status.dataAge * 1000),
    sent: status.requests,
  };
}

async function wait(command: WaitCommand) {
  const { sdk } = clientOf(command);
  try {
    await sdk.ready({ timeoutMs: limitOf(command) });
  } catch (error) {
    // The answer holds the readiness, which is the reason of the error.
    if (!(error instanceof NotReady)) throw error;
  }
  return { readiness: sdk.readiness };
}

function read(command: ReadCommand): { answers: ReadAnswer[] } {
  const client = clientOf(command);
  return { answers: command.reads.map((each) => answerOf(client, each)) };
}

async function context(command: ContextCommand) {
  const { sdk } = clientOf(command);
  await atMost(limitOf(command), sdk.setContext(command.attributes ?? {}));
  return { readiness: sdk.readiness };
}

async function keys(command: KeysCommand) {
  const { sdk } = clientOf(command);
  await atMost(limitOf(command), sdk.setApiKeys(command.keys));
  return { readiness: sdk.readiness };
}

async function refresh(command: WaitCommand) {
  const { sdk } = clientOf(command);
  try {
    await atMost(limitOf(command), sdk.refresh());
  } catch (error) {
    // `state` tells the problem.
    if (!(error instanceof EdgeProblem)) throw error;
  }
  return { readiness: sdk.readiness };
}

function unlisten(command: UnlistenCommand): void {
  clientOf(command).listeners.remove(command.listener);
}

function catchUpdates(command: CatchCommand): void {
  const { sdk } = clientOf(command);
  if (command.on === false) sdk.stopCatching();
  else sdk.catchUpdates();
}

function release(command: ReleaseCommand): void {
  const { sdk } = clientOf(command);
  if (command.features) sdk.releaseOnly(command.features);
  else sdk.release();
}

async function close(command: ClientCommand) {
  const { sdk } = clientOf(command);
  const begin = performance.now();
  sdk.close();
  const took = performance.now() - begin;
  await atMost(CLOSE_MS, sdk.closed());
  return { took_ms: Math.round(took) };
}

/** Returns an operation that the client lacks. */
function lacks(capability: string): (command: ClientCommand) => never {
  return (command) => {
    clientOf(command);
    throw new Unsupported(CANNOT[capability]);
  };
}

function limitOf({ timeout_ms: limit }: WaitCommand): number {
  return limit ?? LIMIT_MS;
}

/** Returns an operation of the loop, which passes on what the runner sent. The runner keeps to the protocol. */
function of(perform: (command: never) => unknown): Operation {
  return (command) => perform(command as never) as ReturnType<Operation>;
}

/** The operations of the protocol, by their names. */
export const OPERATIONS: Record<string, Operation> = {
  hello,
  evaluate: of(evaluate),
  create: of(create),
  state: of(state),
  wait: of(wait),
  read: of(read),
  context: of(context),
  keys: of(keys),
  listen: of((command: ListenCommand) => {
    listen(clientOf(command), command);
  }),
  unlisten: of(unlisten),
  refresh: of(refresh),
  suspend: of((command: ClientCommand) => {
    clientOf(command).sdk.suspend();
  }),
  resume: of((command: ClientCommand) => {
    clientOf(command).sdk.resume();
  }),
  catch: of(catchUpdates),
  release: of(release),
  intercept: of((command: InterceptCommand) => {
    intercept(clientOf(command), command);
  }),
  record: of((command: RecordCommand) => {
    record(clientOf(command), command);
  }),
  update: of((command: UpdateCommand) => update(clientOf(command), command)),
  fork: of(lacks("fork")),
  close: of(close),
};
