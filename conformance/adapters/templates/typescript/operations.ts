// The operations of an adapter. Fill in the first five, then those of each capability that the SDK has. An operation takes the command
// and returns the members of the answer. An error of the SDK may pass: the loop answers with its message.

import { Misuse, Unsupported, run, type Members, type Operation } from "./loop.ts";

// The capabilities that the SDK lacks, each with the reason. It has all others: remove those, and write the reasons of the rest.
const NOT_TRIED = `
  UNTRIED
`;
const CANNOT = Object.fromEntries(NOT_TRIED.trim().split(/\s+/).map((name) => [name, "not tried yet"]));
const DEFAULTS = {}; // Delays of a client that sets none: poll_ms, retry_ms, retry_max_ms, idle_ms.
const clients = new Map<string, any>();

function hello(): Members {
  const sdk = { name: "my-sdk", version: "0.0.0", language: "TypeScript", runtime: `Node ${process.versions.node}` };
  return { protocol: 1, sdk, cannot: CANNOT, defaults: DEFAULTS };
}

function create(command: Members): Members {
  // Answer within 1 s, whatever the Edge does: do not await a promise of the SDK that waits for the Edge.
  // clients.set(command.client, new Client(command.edge_url, command.keys, { interval: command.poll_ms }));
  // return { ignored: ["retry", "timeouts"] }; // settings that the SDK cannot set
  throw new Unsupported("create is not written yet");
}

function state(command: Members): Members {
  // return { readiness: clientOf(command).isReady() ? "READY" : "NOT_READY" }; // or FAILED, CLOSED
  throw new Unsupported("state is not written yet");
}

function read(command: Members): Members {
  // return { answers: command.reads.map((read: Members) => ({ value: ..., text: ..., exists: ... })) };
  throw new Unsupported("read is not written yet");
}

function close(command: Members): Members {
  // return { took_ms: ... };
  throw new Unsupported("close is not written yet");
}

function clientOf(command: Members): any {
  if (!clients.has(command.client)) throw new Misuse(`there is no client ${JSON.stringify(command.client)}`);
  return clients.get(command.client);
}

function unsupported(command: Members): Members {
  throw new Unsupported(`${command.op} is not written yet`);
}

const OPERATIONS: Record<string, Operation> = { hello, create, state, read, close };
const OPTIONAL = "evaluate wait context keys listen unlisten refresh suspend resume catch release intercept record update fork";

run({ ...Object.fromEntries(OPTIONAL.split(" ").map((op) => [op, unsupported])), ...OPERATIONS });
