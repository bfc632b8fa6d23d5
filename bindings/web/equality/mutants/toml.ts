/** A table of a TOML file, such as `[[mutants]]`, with its texts. */
export interface Section {
  readonly name: string;
  readonly line: number;
  readonly texts: ReadonlyMap<string, string>;
}

const QUOTED = /^(\w+) = (?:'([^']*)'|"([^"\\]*)")$/;
const BEGINS_BLOCK = /^(\w+) = '''$/;
const QUOTED_WITH_COMMENT = /^(\w+ = (?:'[^']*'|"[^"\\]*")) +#.*$/;

/**
 * Reads the part of TOML in which tables of mutants are written: `[[name]]`, and members whose values are texts without escapes.
 *
 * @throws an error that names the file and the line, for anything else
 */
export function sections(file: string, text: string): Section[] {
  const found: { name: string; line: number; texts: Map<string, string> }[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const where = `${file}:${at + 1}`;
    const line = (lines[at] ?? "").replace(QUOTED_WITH_COMMENT, "$1").trimEnd();
    if (line === "" || line.startsWith("#")) continue;
    const [, name] = /^\[\[([\w.]+)\]\]$/.exec(line) ?? [];
    if (name !== undefined) {
      found.push({ name, line: at + 1, texts: new Map() });
      continue;
    }
    let member: string | undefined;
    let value: string | undefined;
    const block = BEGINS_BLOCK.exec(line);
    if (block) {
      const end = lines.indexOf("'''", at);
      if (end < 0) throw new Error(`${where}: the text has no end`);
      member = block[1];
      value = lines.slice(at + 1, end).join("\n");
      at = end;
    } else {
      const quoted = QUOTED.exec(line);
      [member, value] = [quoted?.[1], quoted?.[2] ?? quoted?.[3]];
    }
    const section = found.at(-1);
    if (section === undefined || member === undefined || value === undefined) {
      throw new Error(`${where}: the line is neither a table, nor a member with a text: ${line}`);
    }
    if (section.texts.has(member)) throw new Error(`${where}: the member ${member} occurs twice`);
    section.texts.set(member, value);
  }
  return found;
}
