//! Translates patterns of Java or JavaScript to the syntax of `regex-syntax`. Constructs that `regex-syntax` would read
//! differently are replaced before the pattern is parsed. Profile `edge` reads patterns as Java does, like FeatureHub's
//! server. Profile `client` reads brackets and `\v` as JavaScript does.

use super::Extent;
use super::construct::Construct;
use super::cursor::{next, take};
use super::refusal::Refusal;
use super::translation::{Divergence, Mark, Read};

/// Returns the constructs of a pattern that SDKs read differently, each construct once. The list is empty if the
/// pattern has `\R` or `\Z` in a class, or `\Q` after a flag `x`. Other mistakes of a pattern are not checked.
///
/// ```
/// use fh_eval::internal::text::pattern::{Divergence, divergences};
/// assert_eq!(divergences("^[[:alpha:]]$"), [Divergence::ClassInClass]);
/// assert!(divergences("^[A-Za-z]$").is_empty());
/// ```
#[must_use]
pub fn divergences(pattern: &str) -> Vec<Divergence> {
    read(pattern, Extent::Search).map_or_else(|_| Vec::new(), |read| read.divergences)
}

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
        read: Read { text: String::new(), marks: Vec::new(), divergences: Vec::new() },
    };
    while let Some(c) = next(&mut reader.rest) {
        reader.character(c)?;
    }
    Ok(reader.read)
}

struct Reader<'p> {
    rest: &'p str,
    extent: Extent,
    /// Number of classes that are open at the current position.
    depth: usize,
    /// True after the first group with the flag `x`, which makes `#` begin a comment.
    comments: bool,
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
            '(' if self.depth == 0 => {
                self.comments |= sets_comments(self.rest);
                self.push("(");
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

/// Returns true if the flags of a group switch `x` on. `group` is the text after the group's opening parenthesis.
fn sets_comments(group: &str) -> bool {
    let Some(flags) = group.strip_prefix('?') else { return false };
    let flags = flags.split(|c: char| !c.is_ascii_alphabetic()).next();
    flags.is_some_and(|flags| flags.contains('x'))
}
