import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

import { forNode } from "./bundles.ts";
import { efforts } from "./efforts.ts";
import { inTurn, type Measured, type Subject, subjects, type Times } from "./measure.ts";
import { nodePeers } from "./node_peers.ts";

/** Measures each subject in a process of a Node of its own. `files` are the folders of the payloads and of the engines. */
export async function inNode(
  node: string,
  files: readonly string[],
  isQuick: boolean,
  say: (text: string) => void,
): Promise<Measured> {
  const program = await forNode("node.ts");
  return inTurn(
    subjects(nodePeers),
    async (name) => {
      const line = [...files, name, ...(isQuick ? ["--quick"] : [])];
      const child = fork(program, line, { execPath: node, execArgv: [] });
      const subject = (await message(child)) as Subject;
      const round = (): Promise<Times> => {
        child.send("round");
        return message(child) as Promise<Times>;
      };
      // Threads of some of the SDKs would delay the end.
      return { ...subject, round, close: () => child.kill("SIGKILL") };
    },
    efforts(isQuick).effort,
    say,
  );
}

/** Returns the next message of a process. @throws an error if the process ends before */
async function message(child: ChildProcess): Promise<unknown> {
  const end = new AbortController();
  const ended = once(child, "exit", { signal: end.signal }).then(([code]): never => {
    throw new Error(`${child.spawnargs.join(" ")} has ended with ${String(code)}`);
  });
  ended.catch(() => undefined);
  try {
    const [received] = (await Promise.race([once(child, "message"), ended])) as unknown[];
    return received;
  } finally {
    end.abort();
  }
}
