//! Patterns with look-arounds, or with a `\Z` in the middle. `regex-lite` matches single characters and tests positions. This module combines
//! them by sets of positions: each part of a pattern leads from the positions where it may begin to those where it may end.

use std::collections::BTreeSet;

use regex_lite::{Regex, RegexBuilder};

type Positions = BTreeSet<usize>;

/// A part of a pattern.
pub(super) enum Part {
    Sequence(Vec<Part>),
    Alternatives(Vec<Part>),
    /// A part that is repeated at least so often, and at most so often if there is a limit.
    Repetition(Box<Part>, usize, Option<usize>),
    Character(Regex),
    /// A test of a position.
    Assertion(Regex),
    /// Java's `\Z`.
    End,
    LookAround {
        is_behind: bool,
        is_negated: bool,
        inside: Box<Part>,
    },
}

/// The beginnings of look-arounds.
pub(super) const LOOK_AROUNDS: [(&str, bool, bool); 4] =
    [("(?=", false, false), ("(?!", false, true), ("(?<=", true, false), ("(?<!", true, true)];

/// Reads a pattern in the syntax of `regex-lite` that may also contain look-arounds and `\Z`. Returns `None` if it is invalid.
pub(super) fn read(pattern: &str) -> Option<Part> {
    let mut reader = Reader { rest: pattern, flags: String::new() };
    let part = reader.alternatives()?;
    reader.rest.is_empty().then_some(part)
}

/// Returns true if a part is found in the text or, with `whole`, matches all of it.
pub(super) fn matches(part: &Part, text: &str, whole: bool) -> bool {
    if whole {
        part.ends(text, &Positions::from([0])).contains(&text.len())
    } else {
        !part.ends(text, &all(text)).is_empty()
    }
}

fn all(text: &str) -> Positions {
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect()
}

impl Part {
    fn ends(&self, text: &str, starts: &Positions) -> Positions {
        let holds =
            |test: &dyn Fn(usize) -> bool| starts.iter().copied().filter(|at| test(*at)).collect();
        match self {
            Self::Sequence(parts) => {
                parts.iter().fold(starts.clone(), |starts, part| part.ends(text, &starts))
            }
            Self::Alternatives(parts) => {
                parts.iter().flat_map(|part| part.ends(text, starts)).collect()
            }
            Self::Repetition(part, least, most) => {
                let mut ends = starts.clone();
                for _ in 0..*least {
                    ends = part.ends(text, &ends);
                }
                let mut times = *least;
                while most.is_none_or(|most| times < most) {
                    let further = part.ends(text, &ends);
                    if further.is_subset(&ends) {
                        break;
                    }
                    ends.extend(further);
                    times += 1;
                }
                ends
            }
            Self::Character(regex) => {
                let end = |at: usize| {
                    let length = text.get(at..)?.chars().next()?.len_utf8();
                    regex.is_match(text.get(at..at + length)?).then_some(at + length)
                };
                starts.iter().filter_map(|at| end(*at)).collect()
            }
            Self::Assertion(regex) => {
                holds(&|at| regex.find_at(text, at).is_some_and(|found| found.start() == at))
            }
            Self::End => holds(&|at| {
                let rest = text.get(at..).unwrap_or_default();
                let is_inside =
                    rest == "\n" && text.get(..at).is_some_and(|text| text.ends_with('\r'));
                let ends = ["", "\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"];
                ends.contains(&rest) && !is_inside
            }),
            Self::LookAround { is_behind, is_negated, inside } => {
                let behind = is_behind.then(|| inside.ends(text, &all(text)));
                holds(&|at| {
                    let is_found = match &behind {
                        Some(ends) => ends.contains(&at),
                        None => !inside.ends(text, &Positions::from([at])).is_empty(),
                    };
                    is_found != *is_negated
                })
            }
        }
    }
}

struct Reader<'p> {
    rest: &'p str,
    flags: String,
}

impl Reader<'_> {
    fn take(&mut self, length: usize) -> &str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        taken
    }

    fn takes(&mut self, expected: &str) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Skips blanks and comments if the flag `x` is on.
    fn skip(&mut self) {
        while self.flags.contains('x') {
            let rest = self.rest.trim_start();
            self.rest = match rest.strip_prefix('#') {
                Some(comment) => comment.split_once('\n').map_or("", |(_, rest)| rest),
                None => {
                    self.rest = rest;
                    return;
                }
            };
        }
    }

    fn alternatives(&mut self) -> Option<Part> {
        let mut alternatives = vec![self.sequence()?];
        while self.takes("|") {
            alternatives.push(self.sequence()?);
        }
        Some(Part::Alternatives(alternatives))
    }

    fn sequence(&mut self) -> Option<Part> {
        let mut parts = Vec::new();
        loop {
            self.skip();
            if self.rest.is_empty() || self.rest.starts_with(['|', ')']) {
                return Some(Part::Sequence(parts));
            }
            let part = self.part()?;
            self.skip();
            parts.push(self.repeated(part)?);
        }
    }

    fn repeated(&mut self, part: Part) -> Option<Part> {
        let (least, most) = if self.takes("*") {
            (0, None)
        } else if self.takes("+") {
            (1, None)
        } else if self.takes("?") {
            (0, Some(1))
        } else if self.takes("{") {
            let (times, rest) = self.rest.split_once('}')?;
            self.rest = rest;
            let (least, most) = times.split_once(',').unwrap_or((times, times));
            let most = most.trim();
            let most = if most.is_empty() { None } else { Some(most.parse().ok()?) };
            (least.trim().parse().ok()?, most)
        } else {
            return Some(part);
        };
        self.skip();
        self.takes("?");
        Some(Part::Repetition(Box::new(part), least, most))
    }

    fn part(&mut self) -> Option<Part> {
        for (opening, is_behind, is_negated) in LOOK_AROUNDS {
            if self.takes(opening) {
                let inside = Box::new(self.inside()?);
                return Some(Part::LookAround { is_behind, is_negated, inside });
            }
        }
        if self.takes("(") {
            return self.group();
        }
        if self.takes(r"\Z") {
            return Some(Part::End);
        }
        let length = match self.rest.chars().next()? {
            '[' => 1 + super::class_end(self.rest.get(1..)?),
            '\\' => {
                let escaped = self.rest.chars().nth(1)?;
                let after = self.rest.get(1 + escaped.len_utf8()..)?;
                let digits = match escaped {
                    'x' | 'u' | 'U' if after.starts_with('{') => after.find('}')? + 1,
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ => 0,
                };
                1 + escaped.len_utf8() + digits
            }
            c => c.len_utf8(),
        };
        // The flags other than these are about the syntax.
        let flags: String = self.flags.chars().filter(|flag| "ims".contains(*flag)).collect();
        let flags = if flags.is_empty() { flags } else { format!("(?{flags})") };
        let atom = self.take(length);
        let regex = |pattern: String| RegexBuilder::new(&pattern).build().ok();
        if ["^", "$", r"\b", r"\B", r"\A", r"\z"].contains(&atom) {
            return Some(Part::Assertion(regex(format!("{flags}{atom}"))?));
        }
        Some(Part::Character(regex(format!(r"{flags}\A(?:{atom})\z"))?))
    }

    /// Reads the inside of a group, and its end. Flags that are set inside end with it.
    fn inside(&mut self) -> Option<Part> {
        let outside = self.flags.clone();
        let part = self.alternatives()?;
        self.flags = outside;
        self.takes(")").then_some(part)
    }

    /// Reads a group whose `(` was already read.
    fn group(&mut self) -> Option<Part> {
        let Some(rest) = self.rest.strip_prefix('?') else { return self.inside() };
        if let Some(named) = rest.strip_prefix("P<").or_else(|| rest.strip_prefix('<')) {
            self.rest = named.split_once('>')?.1;
            return self.inside();
        }
        let end = rest.find([':', ')'])?;
        let (flags, rest) = rest.split_at_checked(end)?;
        let outside = self.flags.clone();
        let (on, off) = flags.split_once('-').unwrap_or((flags, ""));
        self.flags.push_str(on);
        self.flags.retain(|flag| !off.contains(flag));
        self.rest = rest.get(1..)?;
        if rest.starts_with(')') {
            return Some(Part::Sequence(Vec::new()));
        }
        let part = self.inside();
        self.flags = outside;
        part
    }
}
