//! From a pattern as a person wrote it to the same pattern in a small common language that `regex` and `regex-lite`
//! read alike: no flags, no Perl classes, no Unicode tables.

use std::fmt::Write;

use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassAsciiKind, ClassPerlKind, ClassSet, ClassSetItem, Flag,
    FlagsItemKind, GroupKind, RepetitionKind, RepetitionRange,
};
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// The largest expanded tree, with every bounded repetition written out.
pub const MAX_NODES: usize = 10_000;

/// Deepest nesting of groups and classes.
const MAX_NESTING: u32 = 100;

/// Longest pattern text that is looked at.
const MAX_TEXT: usize = 64 * 1024;

/// Why a pattern is not compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is not a regular expression.
    Invalid(String),
    /// It is one, but uses what the dialect leaves out.
    Unsupported(&'static str),
    /// It is longer, deeper or larger than [`MAX_NODES`] allows.
    TooLarge,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(why) => write!(f, "not a regular expression: {why}"),
            Self::Unsupported(what) => {
                write!(f, "{what} not supported (patterns run in linear time)")
            }
            Self::TooLarge => write!(f, "larger than {MAX_NODES} parts when written out"),
        }
    }
}

impl std::error::Error for Refusal {}

/// Who runs a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EngineKind {
    /// `regex`, on native targets.
    Fast,
    /// `regex-lite`: everywhere in a browser; on native targets for patterns with `\B`, which `regex`
    /// looks for between the bytes of a character, too.
    Small,
}

/// Why a tree was not written out.
enum Stop {
    Refused(Refusal),
    /// It can be, for the other engine.
    NeedsSmallEngine,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A pattern in the common language, and its size.
pub(super) struct Rewritten {
    pub(super) engine: EngineKind,
    pub(super) source: String,
    pub(super) nodes: usize,
}

/// Flags in force at one place of the pattern.
#[derive(Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    multi_line: bool,
    dot_all: bool,
    swap_greed: bool,
}

pub(super) fn rewrite(pattern: &str) -> Result<Rewritten, Refusal> {
    if pattern.len() > MAX_TEXT {
        return Err(Refusal::TooLarge);
    }
    let tree = ast::parse::ParserBuilder::new()
        .nest_limit(MAX_NESTING)
        .build()
        .parse(pattern)
        .map_err(|error| refusal(error.kind()))?;
    let preferred = if cfg!(target_arch = "wasm32") { EngineKind::Small } else { EngineKind::Fast };
    let written = match write_for(preferred, &tree) {
        Err(Stop::NeedsSmallEngine) => write_for(EngineKind::Small, &tree),
        written => written,
    };
    written.map_err(|stop| match stop {
        Stop::Refused(refusal) => refusal,
        Stop::NeedsSmallEngine => Refusal::TooLarge,
    })
}

fn write_for(engine: EngineKind, tree: &Ast) -> Result<Rewritten, Stop> {
    let mut writer = Writer { source: String::new(), flags: Flags::default(), engine };
    let nodes = writer.write(tree)?;
    Ok(Rewritten { engine, source: writer.source, nodes })
}

fn refusal(kind: &ast::ErrorKind) -> Refusal {
    match kind {
        ast::ErrorKind::UnsupportedLookAround => Refusal::Unsupported("look-around is"),
        ast::ErrorKind::UnsupportedBackreference => Refusal::Unsupported("a back-reference is"),
        ast::ErrorKind::NestLimitExceeded(_) | ast::ErrorKind::CaptureLimitExceeded => {
            Refusal::TooLarge
        }
        other => Refusal::Invalid(other.to_string()),
    }
}

struct Writer {
    source: String,
    flags: Flags,
    engine: EngineKind,
}

impl Writer {
    /// Writes a subtree; answers how many nodes it has when repetitions are written out.
    fn write(&mut self, tree: &Ast) -> Result<usize, Stop> {
        match tree {
            Ast::Empty(_) => {
                self.source.push_str("(?:)");
                Ok(1)
            }
            Ast::Flags(set) => {
                self.flags = apply(self.flags, &set.flags)?;
                self.source.push_str("(?:)");
                Ok(1)
            }
            Ast::Literal(literal) => {
                self.literal(literal.c);
                Ok(1)
            }
            Ast::Dot(_) => {
                self.source.push_str(if self.flags.dot_all { "(?s:.)" } else { "(?-s:.)" });
                Ok(1)
            }
            Ast::Assertion(assertion) => self.assertion(&assertion.kind),
            Ast::ClassUnicode(_) => Err(Refusal::Unsupported(r"a Unicode class (\p) is").into()),
            Ast::ClassPerl(perl) => {
                Ok(self.class(&negated_if(perl.negated, perl_class(&perl.kind))))
            }
            Ast::ClassBracketed(bracketed) => {
                let class = self.bracketed(bracketed)?;
                Ok(self.class(&class))
            }
            Ast::Repetition(repetition) => self.repetition(repetition),
            Ast::Group(group) => self.group(group),
            Ast::Alternation(alternation) => {
                let mut nodes = 1;
                self.source.push_str("(?:");
                for (index, branch) in alternation.asts.iter().enumerate() {
                    if index > 0 {
                        self.source.push('|');
                    }
                    nodes = add(nodes, self.write(branch)?)?;
                }
                self.source.push(')');
                Ok(nodes)
            }
            Ast::Concat(concat) => {
                let mut nodes = 1;
                for part in &concat.asts {
                    nodes = add(nodes, self.write(part)?)?;
                }
                Ok(nodes)
            }
        }
    }

    fn literal(&mut self, c: char) {
        if self.flags.ignore_case && c.is_ascii_alphabetic() {
            let (lower, upper) = (c.to_ascii_lowercase(), c.to_ascii_uppercase());
            let _ = write!(self.source, "[{upper}{lower}]");
        } else if c.is_ascii_alphanumeric() {
            self.source.push(c);
        } else {
            let _ = write!(self.source, "\\x{{{:X}}}", c as u32);
        }
    }

    fn assertion(&mut self, kind: &AssertionKind) -> Result<usize, Stop> {
        // Boundaries are ASCII in this dialect; only `regex` has to be told.
        let (boundary, no_boundary) = match self.engine {
            EngineKind::Fast => (r"(?-u:\b)", ""),
            EngineKind::Small => (r"\b", r"\B"),
        };
        if matches!(kind, AssertionKind::NotWordBoundary) && self.engine == EngineKind::Fast {
            return Err(Stop::NeedsSmallEngine);
        }
        self.source.push_str(match kind {
            AssertionKind::StartText => r"\A",
            AssertionKind::StartLine if self.flags.multi_line => "(?m:^)",
            AssertionKind::StartLine => r"\A",
            AssertionKind::EndText => r"\z",
            AssertionKind::EndLine if self.flags.multi_line => "(?m:$)",
            AssertionKind::EndLine => r"\z",
            AssertionKind::WordBoundary => boundary,
            AssertionKind::NotWordBoundary => no_boundary,
            _ => return Err(Refusal::Unsupported("a one-sided word boundary is").into()),
        });
        Ok(1)
    }

    fn repetition(&mut self, repetition: &ast::Repetition) -> Result<usize, Stop> {
        self.source.push_str("(?:");
        let child = self.write(&repetition.ast)?;
        self.source.push(')');
        let times = match &repetition.op.kind {
            RepetitionKind::ZeroOrOne => {
                self.source.push('?');
                1
            }
            RepetitionKind::ZeroOrMore => {
                self.source.push('*');
                1
            }
            RepetitionKind::OneOrMore => {
                self.source.push('+');
                1
            }
            RepetitionKind::Range(range) => {
                let (text, times) = match range {
                    RepetitionRange::Exactly(n) => (format!("{{{n}}}"), *n),
                    RepetitionRange::AtLeast(n) => (format!("{{{n},}}"), n.saturating_add(1)),
                    RepetitionRange::Bounded(n, m) => (format!("{{{n},{m}}}"), *m),
                };
                self.source.push_str(&text);
                times.max(1) as usize
            }
        };
        if repetition.greedy == self.flags.swap_greed {
            self.source.push('?');
        }
        let nodes = child.checked_mul(times).ok_or(Refusal::TooLarge)?;
        Ok(add(nodes, 1)?)
    }

    fn group(&mut self, group: &ast::Group) -> Result<usize, Stop> {
        let outside = self.flags;
        if let GroupKind::NonCapturing(flags) = &group.kind {
            self.flags = apply(self.flags, flags)?;
        }
        self.source.push_str("(?:");
        let nodes = self.write(&group.ast)?;
        self.source.push(')');
        self.flags = outside;
        Ok(add(nodes, 1)?)
    }

    /// Writes a class as plain ranges.
    fn class(&mut self, class: &ClassUnicode) -> usize {
        if class.ranges().is_empty() {
            // Nothing is in it: a place that no text has.
            self.source.push_str(r"(?:\z(?s:.))");
            return 1;
        }
        self.source.push('[');
        for range in class.ranges() {
            let _ = write!(self.source, "\\x{{{:X}}}", range.start() as u32);
            if range.start() != range.end() {
                let _ = write!(self.source, "-\\x{{{:X}}}", range.end() as u32);
            }
        }
        self.source.push(']');
        1
    }

    fn bracketed(&self, bracketed: &ast::ClassBracketed) -> Result<ClassUnicode, Refusal> {
        let ClassSet::Item(item) = &bracketed.kind else {
            return Err(Refusal::Unsupported("a class set operation (&&, --, ~~) is"));
        };
        let mut class = ClassUnicode::empty();
        self.add_item(item, &mut class)?;
        Ok(negated_if(bracketed.negated, class))
    }

    fn add_item(&self, item: &ClassSetItem, class: &mut ClassUnicode) -> Result<(), Refusal> {
        match item {
            ClassSetItem::Empty(_) => {}
            ClassSetItem::Literal(literal) => self.add_range(literal.c, literal.c, class),
            ClassSetItem::Range(range) => self.add_range(range.start.c, range.end.c, class),
            ClassSetItem::Ascii(ascii) => {
                let mut named = ascii_class(&ascii.kind);
                if self.flags.ignore_case {
                    fold(&mut named);
                }
                class.union(&negated_if(ascii.negated, named));
            }
            ClassSetItem::Unicode(_) => {
                return Err(Refusal::Unsupported(r"a Unicode class (\p) is"));
            }
            ClassSetItem::Perl(perl) => {
                class.union(&negated_if(perl.negated, perl_class(&perl.kind)));
            }
            ClassSetItem::Bracketed(inner) => class.union(&self.bracketed(inner)?),
            ClassSetItem::Union(union) => {
                for item in &union.items {
                    self.add_item(item, class)?;
                }
            }
        }
        Ok(())
    }

    fn add_range(&self, start: char, end: char, class: &mut ClassUnicode) {
        let mut range = ClassUnicode::new([ClassUnicodeRange::new(start, end)]);
        if self.flags.ignore_case {
            fold(&mut range);
        }
        class.union(&range);
    }
}

fn add(left: usize, right: usize) -> Result<usize, Refusal> {
    match left.checked_add(right) {
        Some(sum) if sum <= MAX_NODES => Ok(sum),
        _ => Err(Refusal::TooLarge),
    }
}

fn apply(mut now: Flags, flags: &ast::Flags) -> Result<Flags, Refusal> {
    let mut on = true;
    for item in &flags.items {
        match item.kind {
            FlagsItemKind::Negation => on = false,
            FlagsItemKind::Flag(Flag::CaseInsensitive) => now.ignore_case = on,
            FlagsItemKind::Flag(Flag::MultiLine) => now.multi_line = on,
            FlagsItemKind::Flag(Flag::DotMatchesNewLine) => now.dot_all = on,
            FlagsItemKind::Flag(Flag::SwapGreed) => now.swap_greed = on,
            // White space was dealt with when the pattern was parsed.
            FlagsItemKind::Flag(Flag::IgnoreWhitespace) => {}
            FlagsItemKind::Flag(Flag::Unicode) => {
                return Err(Refusal::Unsupported("the flag u is"));
            }
            FlagsItemKind::Flag(Flag::CRLF) => return Err(Refusal::Unsupported("the flag R is")),
        }
    }
    Ok(now)
}

fn ranges(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|(start, end)| ClassUnicodeRange::new(*start, *end)))
}

fn perl_class(kind: &ClassPerlKind) -> ClassUnicode {
    match kind {
        ClassPerlKind::Digit => ranges(&[('0', '9')]),
        ClassPerlKind::Space => ranges(&[('\t', '\r'), (' ', ' ')]),
        ClassPerlKind::Word => ranges(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
    }
}

fn ascii_class(kind: &ClassAsciiKind) -> ClassUnicode {
    match kind {
        ClassAsciiKind::Alnum => ranges(&[('0', '9'), ('A', 'Z'), ('a', 'z')]),
        ClassAsciiKind::Alpha => ranges(&[('A', 'Z'), ('a', 'z')]),
        ClassAsciiKind::Ascii => ranges(&[('\0', '\x7F')]),
        ClassAsciiKind::Blank => ranges(&[('\t', '\t'), (' ', ' ')]),
        ClassAsciiKind::Cntrl => ranges(&[('\0', '\x1F'), ('\x7F', '\x7F')]),
        ClassAsciiKind::Digit => ranges(&[('0', '9')]),
        ClassAsciiKind::Graph => ranges(&[('!', '~')]),
        ClassAsciiKind::Lower => ranges(&[('a', 'z')]),
        ClassAsciiKind::Print => ranges(&[(' ', '~')]),
        ClassAsciiKind::Punct => ranges(&[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
        ClassAsciiKind::Space => ranges(&[('\t', '\r'), (' ', ' ')]),
        ClassAsciiKind::Upper => ranges(&[('A', 'Z')]),
        ClassAsciiKind::Word => ranges(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
        ClassAsciiKind::Xdigit => ranges(&[('0', '9'), ('A', 'F'), ('a', 'f')]),
    }
}

fn negated_if(negated: bool, mut class: ClassUnicode) -> ClassUnicode {
    if negated {
        class.negate();
    }
    class
}

/// Adds the other case of the ASCII letters in a class.
fn fold(class: &mut ClassUnicode) {
    let mut other_case = ClassUnicode::empty();
    for (letters, shift) in [(('A', 'Z'), 32), (('a', 'z'), -32_i32)] {
        let mut here = class.clone();
        here.intersect(&ranges(&[letters]));
        for range in here.ranges() {
            let moved = |c: char| (c as u32).checked_add_signed(shift).and_then(char::from_u32);
            if let (Some(start), Some(end)) = (moved(range.start()), moved(range.end())) {
                other_case.push(ClassUnicodeRange::new(start, end));
            }
        }
    }
    class.union(&other_case);
}
