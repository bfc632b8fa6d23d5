//! The classes of RE2. They are flat: a `[` within a class is a plain character, except in a named class such as `[:alpha:]`.

use super::{ANY_CHARACTER, DIGIT, NO_CHARACTER, Reader, WORD, invalid, plain};
use crate::text::pattern::cursor::{next, take};
use crate::text::pattern::refusal::Refusal;

/// The names of ASCII classes, such as `[:alpha:]`, with their characters.
const ASCII_CLASSES: [(&str, &str); 14] = [
    ("alnum", "0-9A-Za-z"),
    ("alpha", "A-Za-z"),
    ("ascii", r"\x{0}-\x{7F}"),
    ("blank", r"\x{9}\x{20}"),
    ("cntrl", r"\x{0}-\x{1F}\x{7F}"),
    ("digit", DIGIT),
    ("graph", r"\x{21}-\x{7E}"),
    ("lower", "a-z"),
    ("print", r"\x{20}-\x{7E}"),
    ("punct", r"\x{21}-\x{2F}\x{3A}-\x{40}\x{5B}-\x{60}\x{7B}-\x{7E}"),
    ("space", r"\x{9}-\x{D}\x{20}"),
    ("upper", "A-Z"),
    ("word", WORD),
    ("xdigit", "0-9A-Fa-f"),
];

impl Reader<'_> {
    /// Reads a class whose `[` was already read.
    pub(super) fn class(&mut self) -> Result<String, Refusal> {
        let unfinished = || invalid("a class without its ]");
        let is_negated = take(&mut self.rest, "^");
        let mut class = String::new();
        let mut is_first = true;
        loop {
            let is_start = std::mem::replace(&mut is_first, false);
            if !is_start && take(&mut self.rest, "]") {
                return Ok(match (class.is_empty(), is_negated) {
                    (true, true) => ANY_CHARACTER.to_string(),
                    (true, false) => NO_CHARACTER.to_string(),
                    (false, true) => format!("[^{class}]"),
                    (false, false) => format!("[{class}]"),
                });
            }
            if self.rest.starts_with("[:") && self.ascii_class(&mut class)? {
                continue;
            }
            if let Some(rest) = self.rest.strip_prefix('\\') {
                let escape = std::mem::replace(&mut self.rest, rest);
                if let Some(set) = self.set()? {
                    class.push_str(&set);
                    continue;
                }
                self.rest = escape;
            }
            let start = self.class_character().ok_or_else(unfinished)??;
            let mut end = start;
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") && self.rest.len() > 1 {
                next(&mut self.rest);
                end = self.class_character().ok_or_else(unfinished)??;
            }
            if end < start {
                return Err(invalid("a range whose end is before its start"));
            }
            // No text has surrogates.
            let start = if (0xD800..=0xDFFF).contains(&start) { 0xE000 } else { start };
            let end = if (0xD800..=0xDFFF).contains(&end) { 0xD7FF } else { end };
            if start <= end {
                class.push_str(&format!("{}-{}", plain(start), plain(end)));
            }
        }
    }

    /// Reads a named class such as `[:alpha:]`. Returns false if the text has another form.
    fn ascii_class(&mut self, class: &mut String) -> Result<bool, Refusal> {
        let Some((name, rest)) = self.rest.get(2..).and_then(|rest| rest.split_once(":]")) else {
            return Ok(false);
        };
        let (plain_name, is_negated) = match name.strip_prefix('^') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let known = ASCII_CLASSES.iter().find(|(known, _)| *known == plain_name);
        let (_, characters) =
            known.ok_or_else(|| Refusal::Invalid(format!("there is no class [:{name}:]")))?;
        self.rest = rest;
        if is_negated {
            class.push_str(&format!("[^{characters}]"));
        } else {
            class.push_str(characters);
        }
        Ok(true)
    }

    /// Reads a character of a class. `None` at the end of the pattern.
    fn class_character(&mut self) -> Option<Result<u32, Refusal>> {
        let c = next(&mut self.rest)?;
        Some(if c == '\\' { self.escaped() } else { Ok(u32::from(c)) })
    }
}
