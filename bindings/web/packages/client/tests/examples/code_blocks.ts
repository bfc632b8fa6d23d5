/** A block of code of a page or of a doc comment. */
export interface CodeBlock {
  /** The file of the block, from the folder of the repository. */
  readonly file: string;
  /** The line of the file that opens the block, from 1. */
  readonly line: number;
  /** The language that follows the marks that open the block; empty if there is none. */
  readonly language: string;
  readonly code: string;
}

/** Returns the fenced blocks of a text in Markdown. */
export function blocksOfPage(file: string, text: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (const match of text.matchAll(/^```(\w*).*\n([^]*?)^```$/gm)) {
    const [, language = "", code = ""] = match;
    blocks.push({ file, line: text.slice(0, match.index).split("\n").length, language, code });
  }
  return blocks;
}

/** Returns the blocks of the `@example`s of a source file. An `@example` without a block is an error. */
export function blocksOfComments(file: string, source: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (const match of source.matchAll(/^ *\* @example\n((?: *\*(?! @|\/).*\n)*)/gm)) {
    const [, text = ""] = match;
    const first = source.slice(0, match.index).split("\n").length;
    const found = blocksOfPage(file, text.replaceAll(/^ *\* ?/gm, ""));
    if (found.length === 0) throw new Error(`${file}:${first}: the @example has no block of code`);
    blocks.push(...found.map((block) => ({ ...block, line: block.line + first })));
  }
  return blocks;
}
