// The loop of an adapter in a browser or on a device: gets commands from the runner, calls the function of each operation, and sends answers
// and events. It needs no SDK and no change. The protocol is docs/reference/adapter-protocol.md of the conformance suite, transport `dial`.

export type Members = Record<string, any>;
export type Operation = (command: Members) => Members | void | Promise<Members | void>;

/** The SDK cannot perform the operation. `hello` lists the capability under `cannot`. */
export class Unsupported extends Error {}

/** The command names something that does not exist, such as an unknown client. */
export class Misuse extends Error {}

// The address of the runner is the fragment of the page's URL.
const ADDRESS = location.hash.slice(1);

let lines = "";
let last = Promise.resolve();

/** Sends an event. */
export function event(name: string, members: Members): void {
  send({ event: name, ...members });
}

/** Performs the commands of the runner, one after the other, until the scenario ends. */
export async function run(operations: Record<string, Operation>): Promise<void> {
  for (;;) {
    const next = await fetch(`${ADDRESS}/next`).catch(console.error);
    if (next?.status === 200) await answer(operations, await next.json());
    else if (next?.status !== 204) break; // 410: the scenario has ended.
  }
  // The program that opened the page closes it. Where there is none, nothing answers.
  await fetch("/end", { method: "POST" }).catch(() => {});
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

/** Sends a line after those before it. Lines that wait for a request are sent together. */
function send(message: Members): void {
  const text = (value: string) => new TextDecoder().decode(new TextEncoder().encode(value));
  // Half of a surrogate pair cannot be written as UTF-8, so it marks the digits of a bigint, which become a number.
  const written = (_: string, value: any) =>
    typeof value === "bigint" ? `\ud800${value}` : typeof value === "string" ? text(value) : value;
  lines += JSON.stringify(message, written).replace(/"\\ud800(-?\d+)"/g, "$1") + "\n";
  last = last.then(post).catch((error) => console.error(error));
}

async function post(): Promise<void> {
  const body = lines;
  lines = "";
  if (body) await fetch(`${ADDRESS}/lines`, { method: "POST", body });
}
