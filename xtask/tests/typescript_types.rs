//! Reads the types and the names that the TypeScript packages export, and the members of the types.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::typescript_tokens::{Token, tokens};

/// Words that may stand before the name of a member.
const MODIFIERS: [&str; 9] =
    ["readonly", "static", "async", "get", "set", "override", "abstract", "declare", "public"];

/// A class or an interface.
#[derive(Default)]
struct Type {
    /// The names of its own public members.
    members: BTreeSet<String>,
    /// The types that it extends.
    bases: Vec<String>,
}

/// The declarations, imports and exports of a file.
#[derive(Default)]
pub(crate) struct Source {
    types: BTreeMap<String, Type>,
    /// The names that the file declares and exports.
    declared: BTreeSet<String>,
    /// Imported names, with their files and their names there.
    imports: BTreeMap<String, (String, String)>,
    /// Names that the file exports from others, with the files and the names there.
    exports: BTreeMap<String, (String, String)>,
    /// Files of which all names are exported.
    all_of: Vec<String>,
}

impl Source {
    /// Reads the declarations of a source.
    pub(crate) fn parse(text: &str) -> Self {
        let tokens = tokens(text);
        let (mut source, mut at, mut depth) = (Self::default(), 0, 0_usize);
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                Token::Mark("{" | "(" | "[") => depth += 1,
                Token::Mark("}" | ")" | "]") => depth -= 1,
                Token::Word(word) if depth == 0 => at = source.statement(word, &tokens, at),
                _ => {}
            }
        }
        source
    }

    /// Reads a statement that begins with this word, and returns the position after the part that it has read.
    fn statement(&mut self, word: &str, tokens: &[Token], at: usize) -> usize {
        let is_export = at > 1 && tokens[at - 2] == Token::Word("export")
            || at > 2 && tokens[at - 3] == Token::Word("export");
        match (word, tokens.get(at), tokens.get(at + 1)) {
            ("import" | "export", Some(Token::Mark("{")), _) => self.names(word, tokens, at + 1),
            ("import" | "export", Some(Token::Word("type")), Some(Token::Mark("{"))) => {
                self.names(word, tokens, at + 2)
            }
            ("export", Some(Token::Mark("*")), _) => {
                let Some(Token::Text(file)) = tokens.get(at + 2) else { panic!("export *") };
                self.all_of.push(file.to_string());
                at + 3
            }
            ("class" | "interface", Some(Token::Word(name)), _) => {
                if is_export {
                    self.declared.insert(name.to_string());
                }
                let (read, end) = read_type(tokens, at + 1);
                self.types.insert(name.to_string(), read);
                end
            }
            ("function" | "const" | "let" | "type" | "enum", Some(Token::Word(name)), _) => {
                if is_export {
                    self.declared.insert(name.to_string());
                }
                at + 1
            }
            _ => at,
        }
    }

    /// Reads a list of imported or exported names after its opening brace.
    fn names(&mut self, word: &str, tokens: &[Token], start: usize) -> usize {
        let length = tokens[start..].iter().position(|token| token.is("}")).unwrap();
        let end = start + length;
        let file = match (tokens.get(end + 1), tokens.get(end + 2)) {
            (Some(Token::Word("from")), Some(Token::Text(file))) => Some(file.to_string()),
            _ => None,
        };
        for entry in tokens[start..end].split(|token| token.is(",")) {
            let words: Vec<&str> = entry
                .iter()
                .filter_map(|token| match token {
                    Token::Word(word) => Some(*word),
                    _ => None,
                })
                .collect();
            let words = if words.len() > 1 {
                words.strip_prefix(&["type"]).unwrap_or(&words)
            } else {
                &words
            };
            let (Some(there), Some(here)) = (words.first(), words.last()) else { continue };
            let origin = (file.clone().unwrap_or_default(), there.to_string());
            let names = if word == "import" { &mut self.imports } else { &mut self.exports };
            names.insert(here.to_string(), origin);
        }
        end + 1
    }

    /// Returns the own public members of a class or an interface.
    #[cfg(test)]
    fn members(&self, name: &str) -> Vec<&str> {
        self.types[name].members.iter().map(String::as_str).collect()
    }
}

/// Reads the bases and the members of a class or an interface after its name. Returns the position after its body, too.
fn read_type(tokens: &[Token], mut at: usize) -> (Type, usize) {
    let (mut read, mut angles, mut is_base) = (Type::default(), 0_usize, false);
    loop {
        match tokens[at] {
            Token::Mark("<") => angles += 1,
            Token::Mark(">") => angles -= 1,
            Token::Mark("{") if angles == 0 => break,
            Token::Word(word) if angles == 0 => {
                if is_base && word != "implements" {
                    read.bases.push(word.to_string());
                }
                is_base = word == "extends";
            }
            Token::Mark(",") if angles == 0 => is_base = !read.bases.is_empty(),
            _ => {}
        }
        at += 1;
    }
    at += 1;
    while !tokens[at].is("}") {
        let (name, end) = read_member(tokens, at);
        read.members.extend(name.map(str::to_string));
        at = end;
    }
    (read, at + 1)
}

/// Reads a member. Returns its name, if it is public and has one, and the position after it.
fn read_member<'a>(tokens: &[Token<'a>], mut at: usize) -> (Option<&'a str>, usize) {
    let mut is_hidden = false;
    let name = loop {
        let names = |token: Option<&Token>| {
            token.is_some_and(|next| {
                ["(", ":", ";", "=", "?", "<", "!"].iter().any(|mark| next.is(mark))
            })
        };
        match tokens[at] {
            Token::Internal | Token::Word("private" | "protected") => is_hidden = true,
            Token::Mark("*") => {}
            Token::Word(word) if MODIFIERS.contains(&word) && !names(tokens.get(at + 1)) => {}
            Token::Word(word) => {
                is_hidden |= word.starts_with('#') || word == "constructor";
                break Some(word);
            }
            Token::Text(text) => break Some(text),
            Token::Mark(_) => break None,
        }
        at += 1;
    };
    let mut depth = 0_usize;
    loop {
        match tokens[at] {
            Token::Mark("(" | "[" | "{") => depth += 1,
            Token::Mark("}") if depth == 0 => break,
            Token::Mark(close @ (")" | "]" | "}")) => {
                depth -= 1;
                // A type or a value in braces goes on with one of these marks, and the body of a method does not.
                let goes_on = ["|", "&", "{", "[", "=", ".", ",", ")", "=>", "?", ">", ";", "("];
                let next = &tokens[at + 1];
                if close == "}" && depth == 0 && !goes_on.iter().any(|mark| next.is(mark)) {
                    at += 1;
                    break;
                }
            }
            Token::Mark(";") if depth == 0 => {
                at += 1;
                break;
            }
            _ => {}
        }
        at += 1;
    }
    (name.filter(|_| !is_hidden), at)
}

/// The files that were read so far.
#[derive(Default)]
pub(crate) struct Sources(BTreeMap<PathBuf, Source>);

impl Sources {
    fn read(&mut self, path: &Path) -> &Source {
        let parse = || Source::parse(&fs::read_to_string(path).unwrap());
        self.0.entry(path.to_path_buf()).or_insert_with(parse)
    }

    /// Returns the path of a file that another one names; `None` for a package, and for a name without a file.
    fn path(from: &Path, file: &str) -> Option<PathBuf> {
        let folder = from.parent().unwrap();
        file.starts_with('.').then(|| folder.join(file).canonicalize().unwrap())
    }

    /// Returns the file that declares an exported name, and the name there.
    fn declaration(&mut self, path: &Path, name: &str) -> Option<(PathBuf, String)> {
        let source = self.read(path);
        if source.declared.contains(name) {
            return Some((path.to_path_buf(), name.to_string()));
        }
        if let Some((file, there)) = source.exports.get(name).cloned() {
            return match Self::path(path, &file) {
                Some(other) => self.declaration(&other, &there),
                None => self.local(path, &there),
            };
        }
        let all_of = source.all_of.clone();
        let mut paths = all_of.iter().filter_map(|file| Self::path(path, file));
        paths.find_map(|other| self.declaration(&other, name))
    }

    /// Returns the file that declares a name which a file uses, and the name there.
    fn local(&mut self, path: &Path, name: &str) -> Option<(PathBuf, String)> {
        let source = self.read(path);
        match source.imports.get(name).cloned() {
            Some((file, there)) => self.declaration(&Self::path(path, &file)?, &there),
            None if source.types.contains_key(name) => Some((path.to_path_buf(), name.to_string())),
            None => None,
        }
    }

    /// Returns true if the file exports this name.
    pub(crate) fn exports(&mut self, path: &Path, name: &str) -> bool {
        self.declaration(path, name).is_some()
    }

    /// Returns the public members of a class or an interface that the file exports, with those of its bases; `None` if there is no such type.
    pub(crate) fn members(&mut self, path: &Path, name: &str) -> Option<BTreeSet<String>> {
        let (path, name) = self.declaration(path, name)?;
        self.with_bases(&path, &name)
    }

    fn with_bases(&mut self, path: &Path, name: &str) -> Option<BTreeSet<String>> {
        let found = self.read(path).types.get(name)?;
        let (mut members, bases) = (found.members.clone(), found.bases.clone());
        for base in bases {
            if let Some((path, name)) = self.local(path, &base) {
                members.extend(self.with_bases(&path, &name).unwrap_or_default());
            }
        }
        Some(members)
    }
}

#[cfg(test)]
const SAMPLE: &str = r#"
    import { Base } from "./base.ts";
    /** Has `described`. */
    export class Sample<F extends { own: 1 }, K extends keyof F> extends Base<F> implements Other<K> {
      static { assigned = 1; }
      readonly field: { nested: string } | undefined = { inner: 1 };
      declare readonly optional?: () => { result: number };
      #hidden = new Map<string, () => void>();
      protected readonly guarded = 1;
      /** @internal */
      constructor(parameter: string) { super(parameter); this.called(); }
      /** @internal Returns one. */
      secret(): number { return 1; }
      overloaded(key: string): string;
      overloaded(key: string, other: string): string { return `${key}${other}`; }
      static async made<T>(): Promise<{ part: T }> { const local = { part: 1 }; return local; }
      get getter(): Readonly<{ part: string }> { return { part: "}" }; }
      get(): string { return ""; }
      readonly arrow = (argument: string): void => { argument.method(); };
      async *[Symbol.asyncIterator](): AsyncIterator<string> { yield ""; }
      "quoted name": string;
      last(): void {}
    }
    export interface Shape extends Sample<A, B>, Second { readonly one: string; two(): { three: string }; [name: string]: unknown }
"#;

#[test]
fn members_are_read() {
    let source = Source::parse(SAMPLE);
    let expected = [
        "arrow",
        "field",
        "get",
        "getter",
        "last",
        "made",
        "optional",
        "overloaded",
        "quoted name",
    ];
    assert_eq!(source.members("Sample"), expected);
    assert_eq!(source.types["Sample"].bases, ["Base"]);
    assert_eq!(source.members("Shape"), ["one", "two"]);
    assert_eq!(source.types["Shape"].bases, ["Sample", "Second"]);
    assert_eq!(source.declared.iter().collect::<Vec<_>>(), ["Sample", "Shape"]);
}

#[test]
fn a_removed_member_is_missed() {
    let without = SAMPLE.replace("last(): void {}", "// last(): void {}");
    assert!(!Source::parse(&without).members("Sample").contains(&"last"));
    let hidden = SAMPLE.replace("get getter", "private get getter");
    assert!(!Source::parse(&hidden).members("Sample").contains(&"getter"));
}

#[test]
fn imports_and_exports_are_read() {
    let text = "import { type A, B as C } from \"./a.ts\"; export type { D, E as F } from \"./d.ts\"; export { C };\n\
        export * from \"./all.ts\"; export const one = 1, two = 2; function local() {} export abstract class G {}";
    let source = Source::parse(text);
    let pair = |file: &str, name: &str| (file.to_string(), name.to_string());
    assert_eq!(source.imports["A"], pair("./a.ts", "A"));
    assert_eq!(source.imports["C"], pair("./a.ts", "B"));
    assert_eq!(source.exports["D"], pair("./d.ts", "D"));
    assert_eq!(source.exports["F"], pair("./d.ts", "E"));
    assert_eq!(source.exports["C"], pair("", "C"));
    assert_eq!(source.all_of, ["./all.ts"]);
    assert_eq!(source.declared.iter().collect::<Vec<_>>(), ["G", "one"]);
}
