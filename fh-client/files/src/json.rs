//! Reads JSON documents without the YAML parser, which does not accept all JSON. Examples are characters beyond U+FFFF that are escaped as
//! two surrogates (`\ud83d\udc22`), and names of more than a thousand characters.
//!
//! serde_json checks the syntax. Its values have neither positions nor the digits of numbers, so this module walks through the text itself.

use std::borrow::Cow;
use std::sync::Arc;

use serde::de::IgnoredAny;

use crate::builder::{Builder, Collection};
use crate::node::{Content, Limits, Node};
use crate::position::{Position, SyntaxError};
use crate::text::without_mark;

/// Returns the text without its byte-order mark if it is a valid JSON list or object. Returns `None` for any other text, which the YAML
/// parser then reads.
pub(crate) fn checked(text: &str) -> Option<&str> {
    let text = without_mark(text);
    let is_collection = text.trim_start_matches(is_space).starts_with(['{', '[']);
    (is_collection && serde_json::from_str::<IgnoredAny>(text).is_ok()).then_some(text)
}

/// Builds the tree of a text that [`checked`] found to be valid JSON.
pub(crate) fn read(json: &str, limits: Limits) -> Result<Arc<Node>, SyntaxError> {
    let mut builder = Builder::new(limits);
    let mut walk = Walk { rest: json, position: Position::START };
    while let Some(next) = walk.rest.chars().next() {
        let position = walk.position;
        match next {
            '{' => builder.open(Collection::Map, 0, position)?,
            '[' => builder.open(Collection::List, 0, position)?,
            '}' | ']' => builder.close(position)?,
            '"' => {
                let text = walk.string()?;
                if builder.expects_name() {
                    builder.name(&text, position)?;
                } else {
                    builder.scalar(Content::Text(text.into()), 0, position)?;
                }
                continue;
            }
            _ if is_space(next) || matches!(next, ',' | ':') => {}
            _ => {
                let content = match walk.take(|c| !is_space(c) && !",]}".contains(c)) {
                    "null" => Content::Null,
                    "true" => Content::Bool(true),
                    "false" => Content::Bool(false),
                    digits => Content::Number(digits.into()),
                };
                builder.scalar(content, 0, position)?;
                continue;
            }
        }
        walk.skip(next.len_utf8());
    }
    Ok(builder.finish())
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// A position in a JSON text, and the rest of the text after the position.
struct Walk<'a> {
    rest: &'a str,
    position: Position,
}

impl<'a> Walk<'a> {
    /// Advances by a number of bytes and returns the text that was passed.
    fn skip(&mut self, bytes: usize) -> &'a str {
        let (passed, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        for c in passed.chars() {
            if c == '\n' {
                self.position.line += 1;
                self.position.column = 1;
            } else {
                self.position.column += 1;
            }
        }
        passed
    }

    /// Advances over the characters for which `are_such` returns true, up to the first other character, and returns the text that was
    /// passed.
    fn take(&mut self, are_such: impl Fn(char) -> bool) -> &'a str {
        self.skip(self.rest.find(|c| !are_such(c)).unwrap_or(self.rest.len()))
    }

    /// Advances over a string token and returns its text, unescaped. Fails if the token contains an escaped lone surrogate.
    fn string(&mut self) -> Result<Cow<'a, str>, SyntaxError> {
        let position = self.position;
        let mut is_escaped = false;
        let end = self.rest.bytes().skip(1).position(|byte| {
            let ends = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            ends
        });
        let token = self.skip(end.map_or(self.rest.len(), |end| end + 2));
        if !token.contains('\\') {
            return Ok(Cow::Borrowed(token.trim_matches('"')));
        }
        let said = serde_json::from_str::<String>(token);
        said.map(Cow::Owned).map_err(|_| {
            let what = "this text contains an invalid escape".to_owned();
            SyntaxError { position, what }
        })
    }
}
