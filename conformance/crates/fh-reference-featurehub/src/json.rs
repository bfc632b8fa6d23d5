//! The JSON reader of the conformance suite, which shares no code with the engine's on purpose. It builds no tree. A [`Token`] is a part of the text that is known to be one JSON value; its members or elements are
//! read one level at a time. Numbers and strings keep their text. Deep nesting uses a stack on the heap, not recursion.
//!
//! ```
//! use fh_reference_featurehub::json::Token;
//! let list = Token::parse("[1.10, \"a\"]")?.elements().unwrap_or_default();
//! assert_eq!(list[0].number(), Some("1.10"));
//! assert_eq!(list[1].exact_string().as_deref(), Some("a"));
//! # Ok::<(), fh_reference_featurehub::Unreadable>(())
//! ```

use crate::answer::Unreadable;
use crate::mutants::{Bug, Mutant};

/// One JSON value, as written in the document.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    text: &'a str,
    mutant: Option<Mutant>,
}

impl<'a> Token<'a> {
    /// Reads the single value of a document. A byte-order mark at the beginning is skipped.
    ///
    /// # Errors
    /// [`Unreadable`] if the text is not JSON.
    pub fn parse(text: &'a str) -> Result<Token<'a>, Unreadable> {
        Token::document(text, None)
    }

    /// Reads the single value of a document, for an evaluator with or without a mutant.
    pub(crate) fn document(text: &'a str, mutant: Option<Mutant>) -> Result<Token<'a>, Unreadable> {
        let has = |bug| mutant.is_some_and(|m| m.is(bug));
        let body =
            if has(Bug::BomRefused) { text } else { text.strip_prefix('\u{feff}').unwrap_or(text) };
        let start = skip_space(body, 0);
        let (end, depth) = value_end(body, start)?;
        if skip_space(body, end) != body.len() {
            return Err(unexpected(body, skip_space(body, end)));
        }
        if has(Bug::DeepJsonRefused) && depth > 128 {
            return Err(Unreadable::new("nested too deeply"));
        }
        let token = Token { text: body.get(start..end).unwrap_or_default(), mutant };
        if has(Bug::LoneSurrogateRefused) && holds_lone_surrogate(token.text) {
            return Err(Unreadable::new("half a surrogate pair"));
        }
        Ok(token)
    }

    /// Returns the value as written.
    #[must_use]
    pub fn text(self) -> &'a str {
        self.text
    }

    /// Returns true if the value is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.text == "null"
    }

    /// Returns the value of `true` or `false`.
    #[must_use]
    pub fn boolean(self) -> Option<bool> {
        match self.text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// Returns the text of a number.
    #[must_use]
    pub fn number(self) -> Option<&'a str> {
        self.text.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then_some(self.text)
    }

    /// Returns the decoded text of a string. An unpaired surrogate becomes U+FFFD.
    pub(crate) fn string(self) -> Option<String> {
        self.units().map(|units| String::from_utf16_lossy(&units))
    }

    /// Returns the decoded text of a string, or `None` if the string has an unpaired surrogate.
    #[must_use]
    pub fn exact_string(self) -> Option<String> {
        String::from_utf16(&self.units()?).ok()
    }

    /// Returns the decoded text of a string in UTF-16, in which unpaired surrogates can be represented.
    fn units(self) -> Option<Vec<u16>> {
        let inner = self.text.strip_prefix('"')?.strip_suffix('"')?;
        let mut units: Vec<u16> = Vec::new();
        let mut rest = inner.chars();
        while let Some(c) = rest.next() {
            if c != '\\' {
                units.extend(c.encode_utf16(&mut [0; 2]).iter());
                continue;
            }
            units.push(match rest.next()? {
                'u' => {
                    let mut unit = 0;
                    for _ in 0..4 {
                        unit = unit * 16 + rest.next()?.to_digit(16)?;
                    }
                    u16::try_from(unit).ok()?
                }
                'b' => 8,
                't' => 9,
                'n' => 10,
                'f' => 12,
                'r' => 13,
                other => u16::try_from(u32::from(other)).ok()?,
            });
        }
        Some(units)
    }

    /// Returns the elements of a list.
    #[must_use]
    pub fn elements(self) -> Option<Vec<Token<'a>>> {
        let mut at = self.opened_by('[')?;
        let mut found = Vec::new();
        while self.byte(at)? != b']' {
            let end = value_end(self.text, at).ok()?.0;
            found.push(Token { text: self.text.get(at..end)?, ..self });
            at = self.past_comma(end)?;
        }
        Some(found)
    }

    /// Returns the members of an object in order, duplicates included. An unpaired surrogate in a name becomes U+FFFD.
    pub(crate) fn members(self) -> Option<Vec<(String, Token<'a>)>> {
        self.entries()?.into_iter().map(|(name, value)| Some((name.string()?, value))).collect()
    }

    /// Returns the members of an object in order, duplicates included. Each name is a string token.
    #[must_use]
    pub fn entries(self) -> Option<Vec<(Token<'a>, Token<'a>)>> {
        let mut at = self.opened_by('{')?;
        let mut found = Vec::new();
        while self.byte(at)? != b'}' {
            let name_end = string_end(self.text, at).ok()?;
            let name = Token { text: self.text.get(at..name_end)?, ..self };
            let colon = skip_space(self.text, name_end);
            let start = skip_space(self.text, colon + 1);
            let end = value_end(self.text, start).ok()?.0;
            found.push((name, Token { text: self.text.get(start..end)?, ..self }));
            at = self.past_comma(end)?;
        }
        Some(found)
    }

    pub(crate) fn is_object(self) -> bool {
        self.text.starts_with('{')
    }

    /// Returns the member of an object with this name; the last one if there are several.
    #[must_use]
    pub fn member(self, name: &str) -> Option<Token<'a>> {
        let members = self.members()?;
        let mut named = members.into_iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        if self.mutant.is_some_and(|m| m.is(Bug::FirstDuplicateKeyWins)) {
            named.next()
        } else {
            named.next_back()
        }
    }

    /// Returns the member as [`member`](Token::member) does, or `None` if it is null.
    pub(crate) fn present(self, name: &str) -> Option<Token<'a>> {
        self.member(name).filter(|value| !value.is_null())
    }

    fn opened_by(self, bracket: char) -> Option<usize> {
        self.text.starts_with(bracket).then(|| skip_space(self.text, 1))
    }

    fn past_comma(self, at: usize) -> Option<usize> {
        let at = skip_space(self.text, at);
        Some(if self.byte(at)? == b',' { skip_space(self.text, at + 1) } else { at })
    }

    fn byte(self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }
}

fn byte(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

fn unexpected(text: &str, at: usize) -> Unreadable {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Unreadable::new(format!("not JSON at line {line} column {column}"))
}

fn skip_space(text: &str, mut at: usize) -> usize {
    while matches!(byte(text, at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Checks the value that begins at `at`, and returns its end and the depth of its brackets.
fn value_end(text: &str, mut at: usize) -> Result<(usize, usize), Unreadable> {
    // The closing brackets that are still expected, innermost last.
    let mut open: Vec<u8> = Vec::new();
    let mut deepest = 0;
    loop {
        // A value must begin here.
        at = match byte(text, at) {
            Some(b'{') => {
                let inside = skip_space(text, at + 1);
                if byte(text, inside) == Some(b'}') {
                    inside + 1
                } else {
                    open.push(b'}');
                    deepest = deepest.max(open.len());
                    at = past_name(text, inside)?;
                    continue;
                }
            }
            Some(b'[') => {
                let inside = skip_space(text, at + 1);
                if byte(text, inside) == Some(b']') {
                    inside + 1
                } else {
                    open.push(b']');
                    deepest = deepest.max(open.len());
                    at = inside;
                    continue;
                }
            }
            Some(b'"') => string_end(text, at)?,
            Some(b'-' | b'0'..=b'9') => number_end(text, at)?,
            Some(_) => ["true", "false", "null"]
                .iter()
                .find(|word| text.get(at..).is_some_and(|rest| rest.starts_with(**word)))
                .map(|word| at + word.len())
                .ok_or_else(|| unexpected(text, at))?,
            None => return Err(unexpected(text, at)),
        };
        // A value has ended here: close the brackets that end with it.
        loop {
            let Some(closer) = open.last().copied() else {
                return Ok((at, deepest));
            };
            at = skip_space(text, at);
            if byte(text, at) == Some(closer) {
                open.pop();
                at += 1;
            } else if byte(text, at) == Some(b',') {
                at = skip_space(text, at + 1);
                if closer == b'}' {
                    at = past_name(text, at)?;
                }
                break;
            } else {
                return Err(unexpected(text, at));
            }
        }
    }
}

/// Returns the beginning of a member's value, given the beginning of its name.
fn past_name(text: &str, at: usize) -> Result<usize, Unreadable> {
    let colon = skip_space(text, string_end(text, at)?);
    if byte(text, colon) != Some(b':') {
        return Err(unexpected(text, colon));
    }
    Ok(skip_space(text, colon + 1))
}

fn string_end(text: &str, at: usize) -> Result<usize, Unreadable> {
    if byte(text, at) != Some(b'"') {
        return Err(unexpected(text, at));
    }
    let mut at = at + 1;
    loop {
        match byte(text, at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => match byte(text, at + 1) {
                Some(b'u') => {
                    for digit in at + 2..at + 6 {
                        if !byte(text, digit).is_some_and(|b| b.is_ascii_hexdigit()) {
                            return Err(unexpected(text, digit));
                        }
                    }
                    at += 6;
                }
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at += 2,
                _ => return Err(unexpected(text, at + 1)),
            },
            Some(0..0x20) | None => return Err(unexpected(text, at)),
            Some(_) => at += 1,
        }
    }
}

fn number_end(text: &str, at: usize) -> Result<usize, Unreadable> {
    let digits = |mut at: usize| {
        let start = at;
        while byte(text, at).is_some_and(|b| b.is_ascii_digit()) {
            at += 1;
        }
        if at == start { Err(unexpected(text, at)) } else { Ok(at) }
    };
    let start = if byte(text, at) == Some(b'-') { at + 1 } else { at };
    let mut end = if byte(text, start) == Some(b'0') { start + 1 } else { digits(start)? };
    if byte(text, end) == Some(b'.') {
        end = digits(end + 1)?;
    }
    if matches!(byte(text, end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(byte(text, end + 1), Some(b'+' | b'-')));
        end = digits(end + 1 + sign)?;
    }
    Ok(end)
}

/// Returns true if the raw text has an escape that is an unpaired surrogate. It is an approximation that suffices for a mutant.
fn holds_lone_surrogate(raw: &str) -> bool {
    let mut lone = false;
    let mut rest = raw;
    while let Some(at) = rest.find("\\u") {
        rest = rest.get(at + 2..).unwrap_or_default();
        let is_surrogate = |t: &str| {
            t.get(..1).is_some_and(|d| d.eq_ignore_ascii_case("d"))
                && t.get(1..2).is_some_and(|d| "89abcdefABCDEF".contains(d))
        };
        if is_surrogate(rest) {
            let paired =
                rest.get(4..6) == Some("\\u") && is_surrogate(rest.get(6..).unwrap_or_default());
            lone |= !paired;
            rest = rest.get(if paired { 10 } else { 4 }..).unwrap_or_default();
        }
    }
    lone
}
