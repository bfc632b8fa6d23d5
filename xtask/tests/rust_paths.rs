//! Reads the paths and the modules that a Rust source names. The reader knows tokens only, so that it also reads the code in macros.

use std::collections::BTreeMap;

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

/// A path, and the module in which it stands, from the root of the crate on: `a::b`, or an empty text for the root itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedPath {
    pub(crate) scope: String,
    pub(crate) segments: Vec<String>,
}

/// A name that a `use` brings into a module.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) target: Vec<String>,
    pub(crate) is_public: bool,
}

/// The paths and the modules of a source.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Paths of at least two segments, and all paths of `use`.
    pub(crate) paths: Vec<NamedPath>,
    /// The names that `use` brings in, each below its module.
    pub(crate) bindings: BTreeMap<(String, String), Binding>,
    /// The modules that are written in the source itself, such as `mod a { … }`.
    pub(crate) modules: Vec<String>,
}

/// Returns the path of a module below another one.
pub(crate) fn child(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_string() } else { format!("{module}::{name}") }
}

/// Returns the tokens of a source without comments. A lifetime or a literal is one token, and so is `::`.
fn tokens(source: &str) -> Vec<&str> {
    let (mut start, mut found, mut follows_colon) = (0, Vec::new(), false);
    for token in tokenize(source, FrontmatterAllowed::No) {
        let end = start + token.len as usize;
        let text = &source[start..end];
        match token.kind {
            TokenKind::Whitespace
            | TokenKind::LineComment { .. }
            | TokenKind::BlockComment { .. } => {
                follows_colon = false;
            }
            TokenKind::Colon if follows_colon => {
                *found.last_mut().unwrap() = &source[start - 1..end];
                follows_colon = false;
            }
            kind => {
                found.push(text);
                follows_colon = kind == TokenKind::Colon;
            }
        }
        start = end;
    }
    found
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_') && !token.contains(['"', '\''])
}

/// A reader of the tokens of a source.
struct Reader<'a> {
    tokens: Vec<&'a str>,
    at: usize,
    found: Source,
    /// The modules around the token, each with the number of open braces outside of it.
    open: Vec<(String, usize)>,
}

impl<'a> Reader<'a> {
    fn token(&self, distance: usize) -> &'a str {
        self.tokens.get(self.at + distance).copied().unwrap_or_default()
    }

    fn before(&self, distance: usize) -> &'a str {
        self.at.checked_sub(distance).map_or("", |at| self.tokens[at])
    }

    fn scope(&self) -> String {
        self.open.last().unwrap().0.clone()
    }

    fn read(mut self) -> Source {
        let mut depth = 0;
        while self.at < self.tokens.len() {
            match (self.token(0), self.token(1), self.token(2)) {
                ("mod", name, "{") => {
                    let module = child(&self.scope(), name);
                    self.found.modules.push(module.clone());
                    self.open.push((module, depth));
                    self.at += 2;
                }
                ("{", ..) => {
                    depth += 1;
                    self.at += 1;
                }
                ("}", ..) => {
                    depth -= 1;
                    self.at += 1;
                    self.open.pop_if(|(_, outside)| *outside == depth);
                }
                // `impl Trait + use<'a>` imports nothing.
                ("use", next, _) if next != "<" => {
                    let is_public = ["pub", ")"].contains(&self.before(1));
                    self.at += 1;
                    self.import(&[], is_public);
                }
                (name, "::", _) if is_name(name) => self.inline_path(),
                _ => self.at += 1,
            }
        }
        self.found
    }

    /// Reads a path outside of a `use`.
    fn inline_path(&mut self) {
        let is_path = match (self.before(2), self.before(1)) {
            // A path of another crate begins with `::`, and a call of a method with a dot.
            (_, "::" | ".") => false,
            // A variable of a macro.
            (_, "$") => self.token(0) == "crate",
            // The visibility `pub(in …)`.
            ("(", "in") => false,
            _ => true,
        };
        let mut segments = vec![self.token(0).to_string()];
        self.at += 1;
        while self.token(0) == "::" && is_name(self.token(1)) {
            segments.push(self.token(1).to_string());
            self.at += 2;
        }
        if is_path && segments.len() > 1 {
            self.found.paths.push(NamedPath { scope: self.scope(), segments });
        }
    }

    /// Reads a path of a `use` or of a group of it. `prefix` is the path in front of the group.
    fn import(&mut self, prefix: &[String], is_public: bool) {
        let mut segments = prefix.to_vec();
        let (is_other_crate, mut is_glob) = (self.token(0) == "::", false);
        loop {
            match self.token(0) {
                "::" | "$" => self.at += 1,
                "{" => {
                    self.at += 1;
                    while !["}", ";", ""].contains(&self.token(0)) {
                        self.import(&segments, is_public);
                        self.at += usize::from(self.token(0) == ",");
                    }
                    self.at += 1;
                    return;
                }
                name if is_name(name) && name != "as" => {
                    segments.push(name.to_string());
                    self.at += 1;
                }
                "*" => {
                    self.at += 1;
                    is_glob = true;
                    break;
                }
                _ => break,
            }
        }
        if segments.last().is_some_and(|last| last == "self") && !prefix.is_empty() {
            segments.pop();
        }
        let mut name = segments.last().cloned().unwrap_or_default();
        if self.token(0) == "as" {
            name = self.token(1).to_string();
            self.at += 2;
        }
        if !is_name(self.token(0)) && ![",", "}", ";"].contains(&self.token(0)) {
            // No `use` of Rust goes on here: it is a part of a macro's pattern.
            self.at += 1;
        }
        // `use a` itself names what the module has already.
        if is_other_crate || segments.is_empty() || !is_glob && segments == [name.as_str()] {
            return;
        }
        let scope = self.scope();
        self.found.paths.push(NamedPath { scope: scope.clone(), segments: segments.clone() });
        if !is_glob {
            self.found.bindings.insert((scope, name), Binding { target: segments, is_public });
        }
    }
}

impl Source {
    /// Reads the source of a module.
    pub(crate) fn read(module: &str, text: &str) -> Self {
        let open = vec![(module.to_string(), usize::MAX)];
        Reader { tokens: tokens(text), at: 0, found: Self::default(), open }.read()
    }
}

#[test]
fn paths_are_read() {
    let paths = |text: &str| -> Vec<String> {
        let path = |path: NamedPath| format!("{}|{}", path.scope, path.segments.join("::"));
        Source::read("m", text).paths.into_iter().map(path).collect()
    };
    for (text, expected) in [
        ("use crate::{a, b::{self, C as D, *}};", "m|crate::a m|crate::b m|crate::b::C m|crate::b"),
        ("pub(in crate::a) use self::b::C;", "m|self::b::C"),
        ("fn a() -> super::B<'a> { c.d::<e::F>()::g::<H>(); ::i::j() }", "m|super::B m|e::F"),
        ("mod n { fn a() { super::b(); } } crate::C {}", "m::n|super::b m|crate::C"),
        ("macro_rules! a { ($b:ty) => { $crate::c::D; $b::e() } }", "m|crate::c::D"),
        ("// use crate::a;\n/// [`crate::b::C`]\nconst D: &str = \"crate::e::F\";", ""),
        ("fn a() -> impl B + use<'c> {} use std::fmt as f;", "m|std::fmt"),
        ("mod a; use a; use ::b::C;", ""),
        ("mod a; pub use a::*; use super::*;", "m|a m|super"),
    ] {
        assert_eq!(paths(text).join(" "), expected, "{text}");
    }
    let source = Source::read("", "pub use a::B as C; use crate::d::E;");
    let bindings: Vec<String> = (source.bindings.iter())
        .map(|((_, name), of)| format!("{name} {} {}", of.target.join("::"), of.is_public))
        .collect();
    assert_eq!(bindings, ["C a::B true", "E crate::d::E false"]);
}
