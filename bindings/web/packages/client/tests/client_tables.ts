import { Decimal } from "../src/repository/value.ts";
import { one } from "../src/session/feature_set/answer.ts";
import { EdgeProblem } from "../src/edge_problem.ts";
import { problemText } from "../src/repository/problem.ts";
import { featureOf } from "../src/session/feature_set/received.ts";
import { parseHeaders, parseSettings } from "../src/start_error.ts";
import { attributesOf } from "../src/repository/attributes.ts";
import type { ClientOptions } from "../src/options.ts";
import { readSnapshot } from "../src/snapshot_form.ts";
import { readAnswer } from "../src/test_updates/answer.ts";
import { isApplied, type Update, updateBody } from "../src/test_updates/update.ts";

/** An update in the form of the tables. */
interface WrittenUpdate {
  readonly value?: null | boolean | { readonly number: string } | { readonly text: string };
  readonly lock?: boolean;
}

function updateOf({ value, lock }: WrittenUpdate): Update {
  if (value === null || typeof value !== "object") return { value, lock };
  return { value: "number" in value ? Decimal.parse(value.number) : value.text, lock };
}

interface StartRow {
  readonly url: string;
  readonly keys: readonly string[];
  readonly options: ClientOptions;
}

function startError({ url, keys, options }: StartRow): string | null {
  const context = options.context && attributesOf(Object.entries(options.context));
  try {
    // `Client` checks the headers beside the other settings.
    parseHeaders(options.headers ?? {});
    parseSettings(url, keys, options, context);
    return null;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Rust writes the names of settings in another way.
    const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return error.message.replace(/^the setting \S+/, snake);
  }
}

/** The text of a Rust error whose rest comes from a parser. */
const CANNOT_BE_READ = "the file cannot be read";

/** Functions that compute the rows of a table of `fh-client` again from their inputs. */
export const CLIENT_TABLES = {
  "update-bodies": ({ update }: { update: WrittenUpdate }) => ({
    update,
    body: updateBody(updateOf(update)),
  }),
  "update-answers": ({ status, text }: { status: number; text: string }) => {
    const found = readAnswer(status, text);
    if (typeof found === "string") return { status, text, outcome: found, message: null };
    if (found instanceof EdgeProblem) {
      const { problem } = found;
      return { status, text, outcome: problem.code, message: problemText(problem) };
    }
    const { reason: outcome, message } = found;
    return { status, text, outcome, message };
  },
  "applied-updates": ({ feature, update }: { feature: string; update: WrittenUpdate }) => {
    const received = one(feature);
    const found = typeof received === "string" ? undefined : featureOf(received);
    return { feature, update, isApplied: found && isApplied(updateOf(update), found) };
  },
  "start-errors": (row: StartRow) => ({ ...row, error: startError(row) }),
  snapshots: ({ document }: { document: string }) => {
    const found = readSnapshot(document, { kind: "client-evaluated", keys: "ab12", context: "0" }, "file");
    if (typeof found !== "string") return { document, ...found };
    return { document, error: found.startsWith(CANNOT_BE_READ) ? CANNOT_BE_READ : found };
  },
} satisfies Readonly<Record<string, (row: never) => unknown>>;
