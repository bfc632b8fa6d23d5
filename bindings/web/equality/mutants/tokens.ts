import ts from "typescript";

/** A token that is neither white space nor a comment. */
export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A source, its tokens, and its functions. */
export interface Source {
  readonly tokens: readonly Token[];
  /** The functions and methods: `name`, `Type.name` or `Type.#name`. */
  readonly items: readonly { readonly name: string; readonly start: number; readonly end: number }[];
}

/** Returns the tokens and functions of a source. The name of its file says if the source can hold JSX. */
export function read(text: string, name = "source.ts"): Source {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const tokens: Token[] = [];
  const items: { name: string; start: number; end: number }[] = [];
  const visit = (node: ts.Node, type: string | undefined): void => {
    if (ts.isJSDoc(node)) return;
    const [start, end] = [node.getStart(file), node.getEnd()];
    const item = itemName(node, type);
    if (item !== undefined) items.push({ name: item, start, end });
    const children = node.getChildren(file);
    if (children.length === 0 && end > start && node.kind !== ts.SyntaxKind.EndOfFileToken) {
      tokens.push({ text: text.slice(start, end), start, end });
    }
    const inner = ts.isClassDeclaration(node) ? node.name?.text : type;
    for (const child of children) visit(child, inner);
  };
  visit(file, undefined);
  return { tokens: withoutTrailingCommas(tokens), items };
}

function itemName(node: ts.Node, type: string | undefined): string | undefined {
  if (ts.isFunctionDeclaration(node)) return node.name?.text;
  const isMember = ts.isMethodDeclaration(node) || ts.isGetAccessor(node) || ts.isSetAccessor(node);
  if (type === undefined || !(isMember || ts.isConstructorDeclaration(node))) return undefined;
  return `${type}.${isMember ? node.name.getText() : "constructor"}`;
}

/**
 * Returns the tokens of a part of a source, in which brackets need not be balanced.
 *
 * @throws an error if the part holds a template, whose tokens depend on what stands before it
 */
export function tokensOfPart(text: string): Token[] {
  if (text.includes("`")) throw new Error("a piece must not hold a template");
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, text);
  const tokens: Token[] = [];
  while (scanner.scan() !== ts.SyntaxKind.EndOfFileToken) {
    if (scanner.getToken() === ts.SyntaxKind.GreaterThanToken) scanner.reScanGreaterToken();
    tokens.push({ text: scanner.getTokenText(), start: scanner.getTokenStart(), end: scanner.getTokenEnd() });
  }
  return withoutTrailingCommas(tokens);
}

/** The formatter adds a comma before a closing bracket if it breaks the line, so such a comma does not count. */
function withoutTrailingCommas(tokens: readonly Token[]): Token[] {
  return tokens.filter(
    ({ text }, at) => text !== "," || ![")", "]", "}"].includes(tokens[at + 1]?.text ?? ""),
  );
}

/** Returns the number of the line at a position, beginning with 1. */
export function lineOf(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}
