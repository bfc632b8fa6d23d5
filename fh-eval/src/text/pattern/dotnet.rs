//! Translates patterns of .NET to the syntax of `regex-syntax`. Back references, atomic groups, conditions and balancing groups
//! are refused, because they do not run in linear time. What .NET refuses is refused, too.

use super::construct::Construct;
use super::cursor::{next, take};
use super::dotnet_blocks::block;
use super::look_around::Kind;
use super::refusal::Refusal;
use super::translation::{Mark, Read};
use super::unicode;

// .NET's `\w` and `\s`, as contents of classes. `\d` is `\p{Nd}`.
const WORD: &str = r"\p{L}\p{Mn}\p{Nd}\p{Pc}";
const SPACE: &str = r"\x{9}-\x{D}\x{85}\p{Z}";
const DIGIT: &str = r"\p{Nd}";

/// Reads a pattern.
pub(super) fn read(pattern: &str) -> Result<Read, Refusal> {
    let mut reader = Reader {
        rest: pattern,
        flags: Flags::default(),
        groups: Vec::new(),
        captures: captures(pattern),
        read: Read { text: String::new(), marks: Vec::new(), divergences: Vec::new() },
    };
    while let Some(c) = next(&mut reader.rest) {
        reader.character(c)?;
    }
    Ok(reader.read)
}

/// Returns the largest number that a group of the pattern can have.
fn captures(pattern: &str) -> u32 {
    pattern.bytes().filter(|byte| *byte == b'(').count() as u32
}

fn invalid(why: &str) -> Refusal {
    Refusal::Invalid(why.to_string())
}

/// The flags that change how the pattern is read. The others are left to the parser.
#[derive(Clone, Copy, Default)]
struct Flags {
    /// `m`: `$` also matches at the end of each line.
    multi_line: bool,
    /// `x`: blanks and comments are no part of the pattern.
    comments: bool,
}

struct Reader<'p> {
    rest: &'p str,
    flags: Flags,
    /// The flags outside of each open group.
    groups: Vec<Flags>,
    captures: u32,
    read: Read,
}

impl Reader<'_> {
    fn push(&mut self, text: &str) {
        self.read.text.push_str(text);
    }

    fn push_plain(&mut self, c: char) {
        if c.is_ascii_alphanumeric() {
            self.read.text.push(c);
        } else {
            let plain = format!("\\x{{{:X}}}", u32::from(c));
            self.push(&plain);
        }
    }

    fn character(&mut self, c: char) -> Result<(), Refusal> {
        match c {
            '\\' => return self.escape(),
            '[' => return self.class(),
            '(' => return self.group(),
            ')' => {
                self.flags = self.groups.pop().ok_or_else(|| invalid("too many )"))?;
                self.push(")");
            }
            '$' if !self.flags.multi_line => self.mark_end(),
            ' ' | '\t'..='\r' if self.flags.comments => {}
            '#' if self.flags.comments => {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.rest = self.rest.get(end..).unwrap_or_default();
            }
            '{' if !is_repetition(self.rest) => self.push_plain('{'),
            '^' | '$' | '.' | '|' | '*' | '+' | '?' | '{' | '}' | ',' => self.read.text.push(c),
            c => self.push_plain(c),
        }
        Ok(())
    }

    /// Adds the end of the text, which is also before a line feed at its end.
    fn mark_end(&mut self) {
        self.read.marks.push((self.read.text.len(), Mark::End));
        self.push("(?:)");
    }

    /// Reads the rest of an escape whose backslash was already read.
    fn escape(&mut self) -> Result<(), Refusal> {
        let rest = self.rest;
        let c = next(&mut self.rest).ok_or_else(|| invalid(r"\ at the end of the pattern"))?;
        match c {
            'A' | 'G' => self.push(r"\A"),
            'z' => self.push(r"\z"),
            'Z' => self.mark_end(),
            'b' => self.push(r"\b"),
            'B' => self.push(r"\B"),
            'k' => return Err(Construct::BackReference.into()),
            '1'..='9' => {
                let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let number = rest.get(..digits).and_then(|digits| digits.parse::<u32>().ok());
                if number.is_none_or(|number| number < 10 || number <= self.captures) {
                    return Err(Construct::BackReference.into());
                }
                let c = self.octal(c)?;
                self.push_plain(c);
            }
            c => {
                if let Some(set) = self.set(c)? {
                    self.push("[");
                    self.push(&set);
                    self.push("]");
                } else {
                    let c = self.escaped(c)?;
                    self.push_plain(c);
                }
            }
        }
        Ok(())
    }

    /// Reads the rest of an escape for a set of characters, and returns the contents of its class. `None` for any other escape.
    fn set(&mut self, c: char) -> Result<Option<String>, Refusal> {
        Ok(Some(match c {
            'd' => DIGIT.to_string(),
            'D' => format!("[^{DIGIT}]"),
            'w' => WORD.to_string(),
            'W' => format!("[^{WORD}]"),
            's' => SPACE.to_string(),
            'S' => format!("[^{SPACE}]"),
            'p' | 'P' => {
                let braced = self.rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
                let (name, rest) = braced.ok_or_else(|| invalid(r"\p without {name}"))?;
                self.rest = rest;
                if unicode::is_category(name) {
                    return Ok(Some(format!("\\{c}{{{name}}}")));
                }
                let (start, end) = block(name).ok_or(Construct::Property)?;
                let range = format!("\\x{{{start:X}}}-\\x{{{end:X}}}");
                if c == 'P' { format!("[^{range}]") } else { range }
            }
            _ => return Ok(None),
        }))
    }

    /// Reads the rest of an escape for one character.
    fn escaped(&mut self, c: char) -> Result<char, Refusal> {
        Ok(match c {
            'a' => '\x07',
            'e' => '\x1B',
            'f' => '\x0C',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0B',
            '0'..='7' => return self.octal(c),
            'x' => return self.hexadecimal(2),
            'u' => return self.hexadecimal(4),
            'c' => {
                let letter = next(&mut self.rest).map(|c| c.to_ascii_uppercase());
                match letter {
                    Some(letter @ '@'..='_') => char::from(letter as u8 - b'@'),
                    _ => return Err(invalid(r"\c without a control character")),
                }
            }
            c if c.is_alphanumeric() || c == '_' => {
                return Err(Refusal::Invalid(format!(r"there is no escape \{c}")));
            }
            c => c,
        })
    }

    /// Reads a number of at most three octal digits, whose first one was already read.
    fn octal(&mut self, first: char) -> Result<char, Refusal> {
        let mut number = first.to_digit(8).ok_or_else(|| invalid("not an octal digit"))?;
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else { break };
            next(&mut self.rest);
            number = number * 8 + digit;
        }
        char::from_u32(number & 0xFF).ok_or_else(|| invalid("not a character"))
    }

    fn hexadecimal(&mut self, length: usize) -> Result<char, Refusal> {
        let digits = self
            .rest
            .get(..length)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let digits = digits.ok_or_else(|| invalid("too few hexadecimal digits"))?;
        self.rest = self.rest.get(length..).unwrap_or_default();
        let number = u32::from_str_radix(digits, 16).map_err(|_| invalid("not a number"))?;
        char::from_u32(number).ok_or_else(|| invalid("half of a surrogate pair"))
    }

    /// Reads the start of a group whose `(` was already read.
    fn group(&mut self) -> Result<(), Refusal> {
        if take(&mut self.rest, "?#") {
            let (_, rest) =
                self.rest.split_once(')').ok_or_else(|| invalid("a comment without its )"))?;
            self.rest = rest;
            return Ok(());
        }
        let outside = self.flags;
        if !take(&mut self.rest, "?") {
            self.push("(?:");
            self.groups.push(outside);
            return Ok(());
        }
        if let Some(kind) = Kind::take(&mut self.rest) {
            self.read.marks.push((self.read.text.len(), Mark::LookAround(kind)));
            self.push("(?:");
            self.groups.push(outside);
            return Ok(());
        }
        if let Some(construct) = Construct::of_group(self.rest) {
            return Err(construct.into());
        }
        if self.rest.starts_with('(') {
            return Err(Construct::ConditionalGroup.into());
        }
        for (opening, closing) in [("<", '>'), ("'", '\'')] {
            if take(&mut self.rest, opening) {
                self.name(closing)?;
                self.push("(?:");
                self.groups.push(outside);
                return Ok(());
            }
        }
        self.flagged_group(outside)
    }

    /// Reads the name of a group.
    fn name(&mut self, closing: char) -> Result<(), Refusal> {
        let (name, rest) = self
            .rest
            .split_once(closing)
            .ok_or_else(|| invalid("a group's name without its end"))?;
        if name.contains('-') {
            return Err(Construct::BalancingGroup.into());
        }
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        let is_word = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if name.is_empty()
            || !is_word
            || (!is_number && name.starts_with(|c: char| c.is_ascii_digit()))
        {
            return Err(invalid("the name of a group has letters, digits and _ only"));
        }
        self.rest = rest;
        Ok(())
    }

    /// Reads the flags of a group, or of the rest of the group around them.
    fn flagged_group(&mut self, outside: Flags) -> Result<(), Refusal> {
        let (mut on, mut off) = (String::new(), String::new());
        let mut is_on = true;
        loop {
            let flag = next(&mut self.rest).ok_or_else(|| invalid("a group without its end"))?;
            match flag {
                '-' => is_on = false,
                '+' => is_on = true,
                'i' | 'm' | 's' => {
                    if flag == 'm' {
                        self.flags.multi_line = is_on;
                    }
                    let flags = if is_on { &mut on } else { &mut off };
                    if !flags.contains(flag) {
                        flags.push(flag);
                    }
                }
                'x' => self.flags.comments = is_on,
                // Groups capture nothing here.
                'n' => {}
                ':' | ')' => {
                    on.retain(|flag| !off.contains(flag));
                    let minus = if off.is_empty() { "" } else { "-" };
                    let is_empty = on.is_empty() && off.is_empty();
                    match flag {
                        ')' if is_empty => {}
                        ')' => self.push(&format!("(?{on}{minus}{off})")),
                        _ => {
                            self.push(&format!("(?{on}{minus}{off}:"));
                            self.groups.push(outside);
                        }
                    }
                    return Ok(());
                }
                _ => return Err(invalid("there is no such group")),
            }
        }
    }

    /// Reads a class whose `[` was already read.
    fn class(&mut self) -> Result<(), Refusal> {
        let class = self.class_text()?;
        self.push(&class);
        Ok(())
    }

    fn class_text(&mut self) -> Result<String, Refusal> {
        let unfinished = || invalid("a class without its ]");
        let is_negated = take(&mut self.rest, "^");
        let mut class = String::from(if is_negated { "[^" } else { "[" });
        let mut is_first = true;
        loop {
            let is_start = std::mem::replace(&mut is_first, false);
            if !is_start && take(&mut self.rest, "]") {
                class.push(']');
                return Ok(class);
            }
            if !is_start && take(&mut self.rest, "-[") {
                let less = self.class_text()?;
                if !take(&mut self.rest, "]") {
                    return Err(invalid(
                        "a class that is taken away must be the last part of its class",
                    ));
                }
                // The class is negated before another one is taken away.
                return Ok(format!("[{class}]--{less}]"));
            }
            let c = next(&mut self.rest).ok_or_else(unfinished)?;
            let Some(start) = self.class_part(c, &mut class)? else {
                // A hyphen after a set is a plain character.
                if self.rest.starts_with('-')
                    && !self.rest.starts_with("-[")
                    && !self.rest.starts_with("-]")
                {
                    next(&mut self.rest);
                    class.push_str(r"\-");
                }
                continue;
            };
            let plain = |c: char| format!("\\x{{{:X}}}", u32::from(c));
            class.push_str(&plain(start));
            let is_range = self.rest.starts_with('-')
                && !self.rest.starts_with("-]")
                && !self.rest.starts_with("-[");
            if is_range {
                next(&mut self.rest);
                let c = next(&mut self.rest).ok_or_else(unfinished)?;
                let mut ignored = String::new();
                let end = self.class_part(c, &mut ignored)?;
                let end = end.ok_or_else(|| invalid("a set cannot be the end of a range"))?;
                class.push('-');
                class.push_str(&plain(end));
            }
        }
    }

    /// Reads one character of a class. Returns `None` after a set of characters, which is added to the class.
    fn class_part(&mut self, c: char, class: &mut String) -> Result<Option<char>, Refusal> {
        if c != '\\' {
            return Ok(Some(c));
        }
        let c = next(&mut self.rest).ok_or_else(|| invalid("a class without its ]"))?;
        if let Some(set) = self.set(c)? {
            class.push_str(&set);
            return Ok(None);
        }
        match c {
            'b' => Ok(Some('\x08')),
            c => self.escaped(c).map(Some),
        }
    }
}

/// Returns true if a text begins with the rest of a repetition such as `{2,3}`, after its `{`.
fn is_repetition(rest: &str) -> bool {
    let Some((count, _)) = rest.split_once('}') else { return false };
    let (least, most) = count.split_once(',').unwrap_or((count, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && are_digits(least) && are_digits(most)
}
