//! The tokens of a source, and the functions of a Rust source as ranges of tokens.

use std::ops::Range;

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

/// A token that is neither white space nor a comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    /// The position of the first byte in the source.
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) const fn end(&self) -> usize {
        self.start + self.text.len()
    }

    const fn is_name(&self) -> bool {
        matches!(self.text.as_bytes().first(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_'))
    }
}

/// Returns the tokens of a source or of a part of one. Brackets need not be balanced.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut start = 0;
    let all = tokenize(source, FrontmatterAllowed::No).filter_map(|token| {
        let at = start;
        start += token.len as usize;
        let is_ignored = matches!(
            token.kind,
            TokenKind::Whitespace | TokenKind::LineComment { .. } | TokenKind::BlockComment { .. }
        );
        let text = source.get(at..start).filter(|_| !is_ignored)?;
        Some(Token { text, start: at })
    });
    all.collect()
}

/// Returns the names and the other characters of a source in any language, without white space.
pub(super) fn words(source: &str) -> Vec<Token<'_>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found: Vec<Token<'_>> = Vec::new();
    for (start, c) in source.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        let end = start + c.len_utf8();
        let begun = found
            .last_mut()
            .filter(|last| is_word(c) && last.end() == start && last.text.chars().all(is_word));
        let from = begun.as_ref().map_or(start, |last| last.start);
        let text = source.get(from..end).unwrap_or_default();
        match begun {
            Some(last) => last.text = text,
            None => found.push(Token { text, start }),
        }
    }
    found
}

/// Returns the number of the line at a position, beginning with 1.
pub(super) fn line(source: &str, position: usize) -> usize {
    source.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}

/// A function or an `impl` block of a source.
#[derive(Debug)]
pub(super) struct Item {
    /// `Type::function`, `function`, or `impl Type`. A function of a trait's implementation has the type in its name, too.
    pub(super) name: String,
    /// The tokens from `fn` or `impl` to the closing brace.
    pub(super) tokens: Range<usize>,
}

/// An item whose closing brace has not been reached.
struct Open {
    name: String,
    start: usize,
    /// The type of an `impl` block.
    implements: Option<String>,
    /// The number of open brackets outside the item's braces. `None` before the opening brace.
    depth: Option<usize>,
}

/// Returns the functions and `impl` blocks of a source.
pub(super) fn items(tokens: &[Token<'_>]) -> Vec<Item> {
    let (mut found, mut open) = (Vec::new(), Vec::<Open>::new());
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).filter(|next| next.is_name());
        let is_in_header = open.last().is_some_and(|item| item.depth.is_none());
        match (token.text, next) {
            ("fn", Some(name)) if !is_in_header => {
                let outer = open.last().and_then(|item| item.implements.as_deref());
                let name = match outer {
                    Some(implements) => format!("{implements}::{}", name.text),
                    None => name.text.to_string(),
                };
                open.push(Open { name, start: at, implements: None, depth: None });
            }
            ("impl", _) if !is_in_header => {
                if let Some(implements) = implemented_type(tokens.get(at + 1..).unwrap_or_default())
                {
                    let name = format!("impl {implements}");
                    let implements = Some(implements);
                    open.push(Open { name, start: at, implements, depth: None });
                }
            }
            ("{", _) => {
                if let Some(item) = open.last_mut().filter(|item| item.depth.is_none()) {
                    item.depth = Some(depth);
                }
                depth += 1;
            }
            // A function without a body, of a trait.
            (";", _) if is_in_header && is_outside_brackets(tokens, &open, at) => {
                open.pop();
            }
            ("}", _) => {
                depth = depth.saturating_sub(1);
                if let Some(item) = open.pop_if(|item| item.depth == Some(depth)) {
                    found.push(Item { name: item.name, tokens: item.start..at + 1 });
                }
            }
            _ => {}
        }
    }
    found
}

/// Returns false if the semicolon belongs to an array's type in the header of a function.
fn is_outside_brackets(tokens: &[Token<'_>], open: &[Open], at: usize) -> bool {
    let start = open.last().map_or(at, |item| item.start);
    let header = tokens.get(start..at).unwrap_or_default();
    let count = |text| header.iter().filter(|token| token.text == text).count();
    count("[") == count("]") && count("(") == count(")")
}

/// Returns the type after `impl`: the last name before the generic parameters, of the part after `for` if there is one. Returns `None` if
/// this is no header of an `impl` block.
fn implemented_type(after: &[Token<'_>]) -> Option<String> {
    let (mut angles, mut name) = (0_usize, None);
    let (mut is_done, mut is_where) = (false, false);
    let mut previous = "";
    for (at, token) in after.iter().enumerate() {
        match token.text {
            "<" => {
                angles += 1;
                is_done |= at > 0 && name.is_some();
            }
            ">" if previous != "-" && previous != "=" => angles = angles.saturating_sub(1),
            "{" => return name,
            ";" | ")" | "," | "=" if angles == 0 => return None,
            "where" if angles == 0 => is_where = true,
            "for" if angles == 0 && !is_where => (name, is_done) = (None, false),
            text if angles == 0 && !is_done && !is_where && token.is_name() => {
                name = Some(text.to_string());
            }
            _ => {}
        }
        previous = token.text;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str) -> Vec<String> {
        items(&tokens(source)).into_iter().map(|item| item.name).collect()
    }

    #[test]
    fn comments_and_white_space_are_no_tokens() {
        let texts: Vec<&str> = tokens("a /* b */ += r#\"c // d\"#; // e\n'f' 'g: 1_u8 }")
            .iter()
            .map(|token| token.text)
            .collect();
        assert_eq!(texts, ["a", "+", "=", "r#\"c // d\"#", ";", "'f'", "'g", ":", "1_u8", "}"]);
    }

    #[test]
    fn functions_are_named_after_the_type_that_they_belong_to() {
        for (source, expected) in [
            ("fn a() {} fn b(x: [u8; 2]) -> impl Fn() -> u8 { || { 1 } }", vec!["a", "b"]),
            ("impl A { fn b(&self) { if x { y } } }", vec!["A::b", "impl A"]),
            (
                "impl<'a, T: B<'a>> c::D<'a, T> where for<'b> T: E<'b> { fn f() {} }",
                vec!["D::f", "impl D"],
            ),
            ("impl<T> fmt::Debug for G<'_> { fn fmt() {} }", vec!["G::fmt", "impl G"]),
            ("trait A { fn a(&self, b: [u8; 1]); fn c(&self) {} } fn d() {}", vec!["c", "d"]),
            ("fn a() { fn b() {} let c: fn(u8) = d; }", vec!["b", "a"]),
            ("type A = fn(u8); fn b(c: impl Into<D>) {} struct E;", vec!["b"]),
            ("fn a() { struct B; impl B { fn c() {} } }", vec!["B::c", "impl B", "a"]),
        ] {
            assert_eq!(names(source), expected, "{source}");
        }
    }
}
