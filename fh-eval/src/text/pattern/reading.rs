//! Translates patterns of Java or JavaScript to the syntax of `regex-syntax`. Constructs that `regex-syntax` would read
//! differently are replaced before the pattern is parsed. Profile `edge` reads patterns as Java does, like FeatureHub's
//! server. Profile `client` reads brackets and `\v` as JavaScript does.

use super::Extent;
use super::construct::Construct;
use super::cursor::{next, take};
use super::divergence::Divergence;
use super::look_around::{Kind, Side};
use super::refusal::Refusal;
use super::translation::{Mark, Read};

// The characters of Java's `\h` and `\v`, and those of their complements, as contents of classes.
const BLANK: &str = r"\x{9}\x{20}\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}";
const NO_BLANK: &str = r"\x{0}-\x{8}\x{A}-\x{1F}\x{21}-\x{9F}\x{A1}-\x{167F}\x{1681}-\x{180D}\x{180F}-\x{1FFF}\x{200B}-\x{202E}\x{2030}-\x{205E}\x{2060}-\x{2FFF}\x{3001}-\x{10FFFF}";
const VERTICAL: &str = r"\x{A}-\x{D}\x{85}\x{2028}\x{2029}";
const NO_VERTICAL: &str = r"\x{0}-\x{9}\x{E}-\x{84}\x{86}-\x{2027}\x{202A}-\x{10FFFF}";

/// The group that replaces Java's line break `\R`. A `\R` inside a repetition is refused.
const LINE_BREAK: &str = r"(?:\x{D}\x{A}|[\x{A}-\x{D}\x{85}\x{2028}\x{2029}])";

/// Reads a pattern. Brackets and `\v` are read as in Java if the pattern must match the whole text, and as in
/// JavaScript otherwise. Escapes that only Java has are always read as in Java.
pub(super) fn read(pattern: &str, extent: Extent) -> Result<Read, Refusal> {
    #[cfg(feature = "featbit")]
    if extent == Extent::DotNet {
        return super::dotnet::read(pattern);
    }
    #[cfg(feature = "featuresignals")]
    if extent == Extent::Re2 {
        return super::re2::read(pattern);
    }
    let mut reader = Reader {
        rest: pattern,
        extent,
        depth: 0,
        comments: false,
        groups: Vec::new(),
        read: Read { text: String::new(), marks: Vec::new(), divergences: Vec::new() },
    };
    while let Some(c) = next(&mut reader.rest) {
        reader.character(c)?;
    }
    Ok(reader.read)
}

/// An open group.
struct Group {
    /// True if the flag `x` is on outside of the group.
    comments: bool,
    /// The kind of look-around that the group is.
    kind: Option<Kind>,
}

struct Reader<'p> {
    rest: &'p str,
    extent: Extent,
    /// Number of classes that are open at the current position.
    depth: usize,
    /// True if the flag `x` is on, which makes `#` begin a comment.
    comments: bool,
    groups: Vec<Group>,
    read: Read,
}

impl Reader<'_> {
    fn push(&mut self, text: &str) {
        self.read.text.push_str(text);
    }

    fn note(&mut self, divergence: Divergence) {
        if !self.read.divergences.contains(&divergence) {
            self.read.divergences.push(divergence);
        }
    }

    fn character(&mut self, c: char) -> Result<(), Refusal> {
        match c {
            '\\' => return self.escape(),
            '[' if self.depth == 0 => self.open_class(),
            '[' => {
                self.note(Divergence::ClassInClass);
                match self.extent {
                    Extent::Whole => self.open_class(),
                    _ => self.push(r"\["),
                }
            }
            ']' => {
                self.depth = self.depth.saturating_sub(1);
                self.push("]");
            }
            '(' if self.depth == 0 => self.group(),
            ')' if self.depth == 0 => {
                if let Some(Group { comments, kind }) = self.groups.pop() {
                    self.comments = comments;
                    let is_behind = kind.is_some_and(|kind| kind.side == Side::Behind);
                    if is_behind && self.rest.starts_with(['*', '+', '?', '{']) {
                        self.note(Divergence::RepeatedLookBehind);
                    }
                }
                self.push(")");
            }
            '#' if self.comments && self.depth == 0 => {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                let (comment, rest) = self.rest.split_at_checked(end).unwrap_or_default();
                self.push("#");
                self.push(comment);
                self.rest = rest;
            }
            c => self.read.text.push(c),
        }
        Ok(())
    }

    /// Reads the start of a group whose `(` was already read, or a group that only sets flags.
    fn group(&mut self) {
        let Some(mut rest) = self.rest.strip_prefix('?') else {
            self.note_capture();
            self.groups.push(Group { comments: self.comments, kind: None });
            return self.push("(");
        };
        if let Some(kind) = Kind::take(&mut rest) {
            self.rest = rest;
            self.groups.push(Group { comments: self.comments, kind: Some(kind) });
            self.note(kind.divergence());
            self.read.marks.push((self.read.text.len(), Mark::LookAround(kind)));
            return self.push("(?:");
        }
        let is_flag = |c: char| c.is_ascii_alphabetic() || c == '-';
        let after = rest.trim_start_matches(is_flag);
        let flags = rest.strip_suffix(after).unwrap_or_default();
        let comments = match flags.split_once('-').unwrap_or((flags, "")) {
            (_, off) if off.contains('x') => false,
            (on, _) => self.comments || on.contains('x'),
        };
        if let Some(after) = after.strip_prefix(')') {
            self.rest = after;
            self.push(&format!("(?{flags})"));
        } else {
            self.groups.push(Group { comments: self.comments, kind: None });
            self.push("(");
            if !after.starts_with(':') {
                self.note_capture();
                return;
            }
        }
        self.comments = comments;
    }

    /// Notes a group that captures in a negative look-behind.
    fn note_capture(&mut self) {
        let negative_behind = Kind { side: Side::Behind, is_negated: true };
        if self.groups.iter().any(|group| group.kind == Some(negative_behind)) {
            self.note(Divergence::GroupInLookBehind);
        }
    }

    /// Reads the start of a class whose `[` was already read.
    fn open_class(&mut self) {
        let is_negated = take(&mut self.rest, "^");
        if self.rest.starts_with(']') {
            self.note(Divergence::EmptyClass);
        }
        if self.extent == Extent::Search && take(&mut self.rest, "]") {
            // In JavaScript `[]` matches no character, and `[^]` matches any.
            return self.push(if is_negated { r"[\s\S]" } else { r"[^\s\S]" });
        }
        self.depth += 1;
        self.push(if is_negated { "[^" } else { "[" });
        if take(&mut self.rest, "]") {
            self.push(r"\]");
        } else if take(&mut self.rest, ":") {
            // `regex-syntax` would read `[:` in a class as the start of a POSIX class.
            self.push(r"\:");
        }
    }

    /// Reads the rest of an escape whose backslash was already read.
    fn escape(&mut self) -> Result<(), Refusal> {
        let Some(c) = next(&mut self.rest) else {
            self.push("\\");
            return Ok(());
        };
        match c {
            'Q' if self.comments => Err(Construct::QuoteAmongComments.into()),
            'Q' => {
                self.quote();
                Ok(())
            }
            'h' => self.class(Divergence::Blank, BLANK),
            'H' => self.class(Divergence::Blank, NO_BLANK),
            'v' if self.extent == Extent::Whole => self.class(Divergence::VerticalSpace, VERTICAL),
            'V' if self.extent == Extent::Whole => {
                self.class(Divergence::VerticalSpace, NO_VERTICAL)
            }
            // `regex-syntax` would read `\<` and `\>` as word boundaries.
            '<' => {
                self.push(r"\x{3C}");
                Ok(())
            }
            '>' => {
                self.push(r"\x{3E}");
                Ok(())
            }
            'd' | 'D' | 'w' | 'W' | 's' | 'S' if self.depth > 0 => {
                self.read.text.extend(['\\', c]);
                self.plain_hyphen();
                Ok(())
            }
            'R' => self.mark(Mark::LineBreak, Divergence::LineBreak, LINE_BREAK),
            'Z' => self.mark(Mark::End, Divergence::End, "(?:)"),
            c => {
                match c {
                    'p' | 'P' => self.note(Divergence::Property),
                    'v' | 'V' => self.note(Divergence::VerticalSpace),
                    _ => {}
                }
                self.read.text.extend(['\\', c]);
                Ok(())
            }
        }
    }

    /// Reads the rest of a quote whose `\Q` was already read. The text up to `\E` is literal. As in Java, ASCII letters
    /// are copied unchanged, so that an escape that begins before the quote may end within the quote.
    fn quote(&mut self) {
        self.note(Divergence::Quote);
        let (quoted, rest) = self.rest.split_once(r"\E").unwrap_or((self.rest, ""));
        for c in quoted.chars() {
            if c.is_ascii_alphabetic() {
                self.read.text.push(c);
            } else {
                let plain = format!("\\x{{{:X}}}", u32::from(c));
                self.push(&plain);
            }
        }
        self.rest = rest;
    }

    fn class(&mut self, divergence: Divergence, inside: &str) -> Result<(), Refusal> {
        self.note(divergence);
        if self.depth > 0 {
            self.push(inside);
            self.plain_hyphen();
        } else {
            self.push("[");
            self.push(inside);
            self.push("]");
        }
        Ok(())
    }

    /// Escapes a hyphen that follows a class escape. Java and JavaScript read such a hyphen as a plain character, and
    /// `regex-syntax` reads it as a range.
    fn plain_hyphen(&mut self) {
        if take(&mut self.rest, "-") {
            self.push(r"\-");
        }
    }

    fn mark(&mut self, mark: Mark, divergence: Divergence, group: &str) -> Result<(), Refusal> {
        if self.depth > 0 {
            return Err(Construct::LineBreakInClass.into());
        }
        self.note(divergence);
        self.read.marks.push((self.read.text.len(), mark));
        self.push(group);
        Ok(())
    }
}
