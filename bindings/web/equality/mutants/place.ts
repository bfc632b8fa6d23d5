import type { Edit } from "./table.ts";
import { lineOf, read, type Source, type Token, tokensOfPart } from "./tokens.ts";

/** An edit whose piece was found. */
export interface Placed {
  readonly edit: Edit;
  /** The replaced characters of the source; equal if the edit inserts code. */
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the piece of an edit in a source by its tokens.
 *
 * @throws an error that names the mutant, the place in the table and the nearest code, if the piece does not occur exactly once
 */
export function place(edit: Edit, text: string, source: Source = read(text, edit.file)): Placed {
  const fail = (why: string): never => {
    throw new Error(`${edit.at}: ${why}`);
  };
  const parts = [edit.before, edit.marked, edit.after].map((part) => {
    try {
      return tokensOfPart(part).map((token) => token.text);
    } catch (thrown) {
      return fail(String(thrown));
    }
  });
  const [before = [], marked = [], after = []] = parts;
  const piece = [...before, ...marked, ...after];
  if (piece.length === 0) fail("the piece is empty");
  if (sameTexts(marked, edit.with)) fail("the edit changes nothing");
  const items = source.items.filter(({ name }) => name === edit.item);
  if (items.length === 0) fail(`${edit.file} has no function ${edit.item}`);
  const { tokens } = source;
  const starts = [...tokens.keys()].filter((at) => items.some((item) => isIn(item, tokens[at])));
  const found = starts.filter(
    (at) =>
      agreeing(tokens, at, piece) === piece.length &&
      items.some((item) => isIn(item, tokens[at + piece.length - 1])),
  );
  const [at, another] = found;
  if (at === undefined) return fail(missing(edit, text, tokens, piece, starts));
  if (another !== undefined) {
    const lines = found.map((place) => lineOf(text, tokens[place]?.start ?? 0));
    fail(
      `the piece occurs ${found.length} times in ${edit.item} of ${edit.file} (lines ${lines.join(", ")})`,
    );
  }
  const first = at + before.length;
  const [start, end] =
    marked.length > 0
      ? [tokens[first]?.start, tokens[first + marked.length - 1]?.end]
      : after.length > 0
        ? [tokens[first]?.start, tokens[first]?.start]
        : [tokens[first - 1]?.end, tokens[first - 1]?.end];
  return { edit, start: start ?? 0, end: end ?? 0 };
}

function isIn(item: { start: number; end: number }, token: Token | undefined): boolean {
  return token !== undefined && token.start >= item.start && token.end <= item.end;
}

function sameTexts(marked: readonly string[], code: string): boolean {
  if (code.includes("`")) return false;
  const other = tokensOfPart(code).map(({ text }) => text);
  return other.length === marked.length && other.every((text, at) => text === marked[at]);
}

/** Returns the number of tokens from the beginning of the piece that agree with those of the source. */
function agreeing(tokens: readonly Token[], at: number, piece: readonly string[]): number {
  const differs = piece.findIndex((text, offset) => tokens[at + offset]?.text !== text);
  return differs < 0 ? piece.length : differs;
}

/** Describes a piece that does not occur, with the line where most of its beginning occurs. */
function missing(
  edit: Edit,
  text: string,
  tokens: readonly Token[],
  piece: readonly string[],
  starts: readonly number[],
): string {
  let [best, length] = [0, 1];
  for (const at of starts) {
    const agree = agreeing(tokens, at, piece);
    if (agree > length) [best, length] = [at, agree];
  }
  const found = tokens[best + length];
  const why = `the piece \`${edit.before}«${edit.marked}»${edit.after}\` does not occur in ${edit.item} of ${edit.file}`;
  return length > 1 && found
    ? `${why}; line ${lineOf(text, found.start)} begins like it, but has ${found.text} instead of ${piece[length] ?? ""}`
    : why;
}
