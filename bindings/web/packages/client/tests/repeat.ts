import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the files with which TypeScript is compared with Rust. */
const DATA = fileURLToPath(new URL("../../../equality/data", import.meta.url));

/** Files whose lines are replayed, each by its name. */
interface Replayed {
  /** The folder of the committed files. */
  readonly committed: string;
  /** The folder of further files, if a variable of the environment names one. */
  readonly further: string | undefined;
  /** The only name to replay, if a variable of the environment has one. */
  readonly only: string | undefined;
  /** Returns the commands that repeat one replay from a file in TypeScript, and show it in Rust. */
  readonly commands: (name: string, file: string) => string;
}

/** Describes the files of one kind. `test` is the name of the TypeScript test, and `rust` are the test target and the test in Rust. */
function replayed(kind: string, test: string, rust: string, needs = ""): Replayed {
  const [all, one] = [`FH_${kind.toUpperCase()}S`, `FH_${kind.toUpperCase()}`];
  const committed = `${DATA}/${kind}s`;
  return {
    committed,
    further: process.env[all],
    only: process.env[one],
    commands: (name, file) => {
      const folder = dirname(file);
      const files = folder === committed ? "" : `${all}='${folder}' `;
      return [
        `file: ${basename(file)}`,
        `to repeat it in TypeScript, in bindings/web:`,
        `    ${needs}${files}${one}='${name}' npx vitest run packages/client/tests/${test}`,
        `to print what Rust does, in the root of the repository:`,
        `    ${one}='${name}' cargo test ${rust} -- --nocapture`,
        `after a change of the Rust code, to write the committed files again:`,
        `    cargo xtask web ${kind}s --commit`,
      ].join("\n");
    },
  };
}

export const CONVERSATIONS = replayed(
  "conversation",
  "conversations.test.ts",
  "-p fh-session --test simulation committed_conversations",
);

/** Sequences of features with rules are skipped without the engine, unless it is required. */
export const SEQUENCES = replayed(
  "sequence",
  "sequences.test.ts",
  "-p fh-repository --test sequences the_committed_sequences",
  "FH_ENGINE=required ",
);
