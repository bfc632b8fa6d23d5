// The loop of an adapter: reads commands, calls the function of each operation, and writes answers and events. It needs no SDK and no
// change. The protocol is docs/reference/adapter-protocol.md of the conformance suite.

import { Worker } from "node:worker_threads";

export type Members = Record<string, any>;
export type Operation = (command: Members) => Members | void | Promise<Members | void>;

/** The SDK cannot perform the operation. `hello` lists the capability under `cannot`. */
export class Unsupported extends Error {}

/** The command names something that does not exist, such as an unknown client. */
export class Misuse extends Error {}

// Only the loop writes to standard output. What an SDK prints goes to standard error.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

// A thread of its own reads standard input, so that the end of input ends the process even if the SDK blocks the main thread. The thread
// never blocks in a read, because the process could not end by itself before the read returns.
const READER = `
  const { createReadStream, fstatSync } = require("node:fs");
  const { Socket } = require("node:net");
  const { parentPort } = require("node:worker_threads");
  const isPipe = fstatSync(0).isFIFO() || fstatSync(0).isSocket();
  const input = isPipe ? new Socket({ fd: 0, readable: true, writable: false }) : createReadStream("", { fd: 0 });
  let rest = "";
  input.setEncoding("utf8").on("data", (block) => {
    const lines = (rest + block).split("\\n");
    rest = lines.pop();
    for (const line of lines) parentPort.postMessage(line);
  });
  input.on("end", () => {
    if (rest) parentPort.postMessage(rest);
    parentPort.postMessage(null);
    setTimeout(() => process.kill(process.pid, "SIGKILL"), 1000);
  });
`;

/** Sends an event. */
export function event(name: string, members: Members): void {
  send({ event: name, ...members });
}

/** Performs the commands of standard input, one after the other, until the input ends. */
export function run(operations: Record<string, Operation>): void {
  let last = Promise.resolve();
  new Worker(READER, { eval: true }).on("message", (line: string | null) => {
    last = last.then(() => (line === null ? process.exit(0) : answer(operations, JSON.parse(line))));
    if (line === null) setTimeout(() => process.exit(0), 500);
  });
}

async function answer(operations: Record<string, Operation>, command: Members): Promise<void> {
  let members: Members | void;
  try {
    const operation = Object.hasOwn(operations, command.op) && operations[command.op];
    if (!operation) throw new Misuse(`there is no operation ${JSON.stringify(command.op)}`);
    members = await operation(command);
  } catch (error) {
    const isKnown = error instanceof Unsupported || error instanceof Misuse;
    if (!isKnown) console.error(error); // Whatever the SDK throws is an answer.
    const code = error instanceof Unsupported ? "unsupported" : isKnown ? "adapter" : "sdk";
    members = { error: { code, message: isKnown ? error.message : String(error) } };
  }
  send({ id: command.id, ...members });
}

function send(message: Members): void {
  // Half of a surrogate pair cannot be written as UTF-8, so it marks the digits of a bigint, which become a number.
  const written = (_: string, value: any) =>
    typeof value === "bigint" ? `\ud800${value}` : typeof value === "string" ? Buffer.from(value).toString() : value;
  write(JSON.stringify(message, written).replace(/"\\ud800(-?\d+)"/g, "$1") + "\n");
}
