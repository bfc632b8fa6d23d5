//! Translates patterns of RE2, as Go reads them, to the syntax of `regex-syntax`. What Go refuses is refused, too.

mod class;

use super::construct::Construct;
use super::cursor::{next, take};
use super::re2_property;
use super::refusal::Refusal;
use super::translation::Read;

/// Go's limit for the times that a part is repeated, also by repetitions within repetitions.
const MOST_TIMES: u32 = 1000;

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r"\x{9}\x{A}\x{C}\x{D}\x{20}";

/// A class that has no character, and one that has all of them.
const NO_CHARACTER: &str = r"[^\x{0}-\x{10FFFF}]";
const ANY_CHARACTER: &str = r"[\x{0}-\x{10FFFF}]";

/// Reads a pattern.
pub(super) fn read(pattern: &str) -> Result<Read, Refusal> {
    let read = Read { text: String::new(), marks: Vec::new(), divergences: Vec::new() };
    let mut reader = Reader { rest: pattern, groups: Vec::new(), times: Times::default(), read };
    while let Some(c) = next(&mut reader.rest) {
        reader.character(c)?;
    }
    Ok(reader.read)
}

fn invalid(why: &str) -> Refusal {
    Refusal::Invalid(why.to_string())
}

/// How often parts are repeated by numbers, with repetitions inside of them.
#[derive(Clone, Copy)]
struct Times {
    /// The most times in the present group.
    group: u32,
    /// The times of the last part, which a repetition would repeat.
    last: u32,
}

impl Default for Times {
    fn default() -> Self {
        Self { group: 1, last: 1 }
    }
}

struct Reader<'p> {
    rest: &'p str,
    /// The times outside of each open group.
    groups: Vec<Times>,
    times: Times,
    read: Read,
}

impl Reader<'_> {
    fn push(&mut self, text: &str) {
        self.read.text.push_str(text);
    }

    /// Adds a part that is repeated once so far.
    fn part(&mut self, text: &str) {
        self.push(text);
        self.times.last = 1;
    }

    fn plain(&mut self, c: char) {
        let text = plain(u32::from(c));
        self.part(&text);
    }

    fn character(&mut self, c: char) -> Result<(), Refusal> {
        match c {
            '\\' => return self.escape(),
            '[' => {
                let class = self.class()?;
                self.part(&class);
            }
            '(' => return self.group(),
            ')' => {
                let inside = self.times.group.max(self.times.last);
                let outside = self.groups.pop().ok_or_else(|| invalid("too many )"))?;
                self.times = Times { last: inside, ..outside };
                self.push(")");
            }
            '{' => match repetition(self.rest) {
                Some((least, most, rest)) => {
                    self.rest = rest;
                    self.repeat(least, most)?;
                }
                None => self.plain('{'),
            },
            '^' | '$' | '.' | '|' => self.part(c.encode_utf8(&mut [0; 4])),
            '*' | '+' | '?' => self.read.text.push(c),
            c => self.plain(c),
        }
        Ok(())
    }

    /// Adds a repetition with numbers. `most` is `None` if there is no upper limit.
    fn repeat(&mut self, least: u32, most: Option<u32>) -> Result<(), Refusal> {
        let times = most.unwrap_or(least);
        if times < least {
            return Err(invalid("a repetition whose second number is smaller than the first"));
        }
        let all = self.times.last.saturating_mul(times.max(1));
        if least > MOST_TIMES || times > MOST_TIMES || (times > 1 && all > MOST_TIMES) {
            return Err(invalid("a part is repeated more than 1000 times"));
        }
        self.times.last = all;
        self.times.group = self.times.group.max(all);
        let most = most.map(|most| most.to_string()).unwrap_or_default();
        self.push(&format!("{{{least},{most}}}"));
        Ok(())
    }

    /// Reads the rest of an escape whose backslash was already read.
    fn escape(&mut self) -> Result<(), Refusal> {
        if let Some(set) = self.set()? {
            self.part(&format!("[{set}]"));
            return Ok(());
        }
        for (escape, written) in [("A", r"\A"), ("z", r"\z"), ("b", r"\b"), ("B", r"\B")] {
            if take(&mut self.rest, escape) {
                self.part(written);
                return Ok(());
            }
        }
        if take(&mut self.rest, "Q") {
            let (quoted, rest) = self.rest.split_once(r"\E").unwrap_or((self.rest, ""));
            for c in quoted.chars() {
                self.plain(c);
            }
            self.rest = rest;
            return Ok(());
        }
        let c = self.escaped()?;
        let text = if char::from_u32(c).is_some() { plain(c) } else { NO_CHARACTER.to_string() };
        self.part(&text);
        Ok(())
    }

    /// Reads the rest of an escape for a set of characters, and returns the contents of its class. `None` for any other escape.
    fn set(&mut self) -> Result<Option<String>, Refusal> {
        let negated = |set: &str| format!("[^{set}]");
        let mut rest = self.rest.chars();
        let set = match rest.next() {
            Some('d') => DIGIT.to_string(),
            Some('D') => negated(DIGIT),
            Some('w') => WORD.to_string(),
            Some('W') => negated(WORD),
            Some('s') => SPACE.to_string(),
            Some('S') => negated(SPACE),
            Some(c @ ('p' | 'P')) => {
                self.rest = rest.as_str();
                return self.property(c == 'P').map(Some);
            }
            _ => return Ok(None),
        };
        self.rest = rest.as_str();
        Ok(Some(set))
    }

    /// Reads the name of a property, whose `\p` was already read.
    fn property(&mut self, is_negated: bool) -> Result<String, Refusal> {
        let missing = || invalid(r"\p without a name");
        let name = if take(&mut self.rest, "{") {
            let (name, rest) = self.rest.split_once('}').ok_or_else(missing)?;
            self.rest = rest;
            name.to_string()
        } else {
            next(&mut self.rest).ok_or_else(missing)?.to_string()
        };
        let (name, is_negated) = match name.strip_prefix('^') {
            Some(name) => (name.to_string(), !is_negated),
            None => (name, is_negated),
        };
        let name = re2_property::canonical(&name).ok_or(Construct::Property)?;
        Ok(format!(r"\{}{{{name}}}", if is_negated { 'P' } else { 'p' }))
    }

    /// Reads the rest of an escape for one character, and returns its code point, which may be a surrogate.
    fn escaped(&mut self) -> Result<u32, Refusal> {
        let c = next(&mut self.rest).ok_or_else(|| invalid(r"\ at the end of the pattern"))?;
        Ok(match c {
            'a' => 0x07,
            'f' => 0x0C,
            'n' => 0x0A,
            'r' => 0x0D,
            't' => 0x09,
            'v' => 0x0B,
            'x' => return self.hexadecimal(),
            '1'..='7' if !self.rest.starts_with(|c: char| c.is_digit(8)) => {
                return Err(Construct::BackReference.into());
            }
            '0'..='7' => {
                let mut number = u32::from(c) - u32::from('0');
                for _ in 0..2 {
                    let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    next(&mut self.rest);
                    number = number * 8 + digit;
                }
                number
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => u32::from(c),
            c => return Err(Refusal::Invalid(format!(r"there is no escape \{c}"))),
        })
    }

    /// Reads two hexadecimal digits, or any number of them in braces.
    fn hexadecimal(&mut self) -> Result<u32, Refusal> {
        let digits = if take(&mut self.rest, "{") {
            let braced = self.rest.split_once('}');
            let (digits, rest) = braced.ok_or_else(|| invalid(r"\x{ without its }"))?;
            self.rest = rest;
            digits
        } else {
            let (digits, rest) =
                self.rest.split_at_checked(2).ok_or_else(|| invalid(r"\x without two digits"))?;
            self.rest = rest;
            digits
        };
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = Some(digits).filter(|_| are_digits && !digits.is_empty());
        let number = number.and_then(|digits| {
            let significant = digits.trim_start_matches('0');
            if significant.is_empty() { Some(0) } else { u32::from_str_radix(significant, 16).ok() }
        });
        number
            .filter(|number| *number <= u32::from(char::MAX))
            .ok_or_else(|| invalid(r"\x without the number of a character"))
    }

    /// Reads the start of a group whose `(` was already read.
    fn group(&mut self) -> Result<(), Refusal> {
        if !take(&mut self.rest, "?") {
            self.open("(?:");
            return Ok(());
        }
        if let Some(construct) = Construct::of_group(self.rest) {
            return Err(construct.into());
        }
        if take(&mut self.rest, "P<") || take(&mut self.rest, "<") {
            let named = self.rest.split_once('>');
            let (name, rest) = named.ok_or_else(|| invalid("a group's name without its >"))?;
            let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if name.is_empty() || !is_word {
                return Err(invalid("the name of a group has ASCII letters, digits and _ only"));
            }
            self.rest = rest;
            self.open("(?:");
            return Ok(());
        }
        self.flags()
    }

    fn open(&mut self, text: &str) {
        self.groups.push(Times { last: 1, ..self.times });
        self.times = Times::default();
        self.push(text);
    }

    /// Reads the flags of a group, or of the rest of the group around them.
    fn flags(&mut self) -> Result<(), Refusal> {
        let (mut on, mut off) = (String::new(), String::new());
        let mut is_on = true;
        loop {
            let flag = next(&mut self.rest).ok_or_else(|| invalid("a group without its )"))?;
            match flag {
                'i' | 'm' | 's' | 'U' => {
                    let (these, others) =
                        if is_on { (&mut on, &mut off) } else { (&mut off, &mut on) };
                    others.retain(|other| other != flag);
                    if !these.contains(flag) {
                        these.push(flag);
                    }
                }
                '-' if is_on => {
                    is_on = false;
                    if !self.rest.starts_with(['i', 'm', 's', 'U']) {
                        return Err(invalid("a group has - without a flag after it"));
                    }
                }
                ':' | ')' => {
                    let minus = if off.is_empty() { "" } else { "-" };
                    let is_empty = on.is_empty() && off.is_empty();
                    match flag {
                        ')' if is_empty => {}
                        ')' => self.push(&format!("(?{on}{minus}{off})")),
                        _ => self.open(&format!("(?{on}{minus}{off}:")),
                    }
                    return Ok(());
                }
                flag => return Err(Refusal::Invalid(format!("there is no flag {flag}"))),
            }
        }
    }
}

fn plain(c: u32) -> String {
    match char::from_u32(c) {
        Some(c) if c.is_ascii_alphanumeric() => c.to_string(),
        _ => format!("\\x{{{c:X}}}"),
    }
}

/// Reads the rest of a repetition such as `{2,3}`, after its `{`. Returns its numbers and the text after it. `None` for any other text, in
/// which `{` is a plain character.
fn repetition(rest: &str) -> Option<(u32, Option<u32>, &str)> {
    let (least, rest) = number(rest)?;
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((least, Some(least), rest));
    }
    let rest = rest.strip_prefix(',')?;
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((least, None, rest));
    }
    let (most, rest) = number(rest)?;
    Some((least, Some(most), rest.strip_prefix('}')?))
}

/// Reads a number without leading zeros. A number that is too large for Go is the largest one.
fn number(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(length)?;
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().unwrap_or(u32::MAX), rest))
}

#[cfg(test)]
mod tests;
