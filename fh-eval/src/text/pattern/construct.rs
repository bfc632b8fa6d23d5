//! Constructs that the dialect refuses, and their replacements.

/// A construct of regular expressions that the dialect does not support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Construct {
    /// A look-ahead, `(?=…)`, in RE2, or written with a blank as `( ?=…)`.
    LookAhead,
    /// A negative look-ahead: `(?!…)`.
    NegativeLookAhead,
    /// A look-behind: `(?<=…)`.
    LookBehind,
    /// A negative look-behind: `(?<!…)`.
    NegativeLookBehind,
    /// A reference to a group, such as `\1`.
    BackReference,
    /// A possessive repetition of Java: `a++`, `a*+`, `a?+` or `a{2,3}+`.
    Possessive,
    /// A property `\p{…}` whose name the dialect does not accept. The dialect accepts, for example, Java's names of
    /// general categories, of classes of ASCII characters, and of common scripts.
    Property,
    /// An operation on classes: `&&`, `--` or `~~` in a class.
    ClassOperation,
    /// A class inside a class, in a pattern with the flag `x`.
    ClassInClass,
    /// A quote `\Q…\E` in a pattern with the flag `x`.
    QuoteAmongComments,
    /// The flag `u` (Unicode).
    UnicodeFlag,
    /// The flag `R` (line breaks of two characters).
    LineBreakFlag,
    /// A one-sided word boundary, such as `\b{start}`.
    OneSidedBoundary,
    /// The line break `\R` inside a repetition.
    RepeatedLineBreak,
    /// The line break `\R`, or the end of the text `\Z`, in a class.
    LineBreakInClass,
    /// An atomic group of .NET: `(?>…)`.
    AtomicGroup,
    /// A conditional group of .NET: `(?(…)…|…)`.
    ConditionalGroup,
    /// A balancing group of .NET: `(?<a-b>…)`.
    BalancingGroup,
}

impl Construct {
    /// Returns the construct that a group is, given the text after its `(?`: look-around or an atomic group. `None` for any other group.
    #[cfg(feature = "first-row")]
    pub(super) fn of_group(rest: &str) -> Option<Self> {
        let constructs = [
            ("=", Self::LookAhead),
            ("!", Self::NegativeLookAhead),
            ("<=", Self::LookBehind),
            ("<!", Self::NegativeLookBehind),
            (">", Self::AtomicGroup),
        ];
        let found = constructs.into_iter().find(|(opening, _)| rest.starts_with(opening));
        found.map(|(_, construct)| construct)
    }

    /// Returns advice on what to write instead of the construct.
    #[must_use]
    pub const fn instead(self) -> &'static str {
        match self {
            Self::LookAhead
            | Self::NegativeLookAhead
            | Self::LookBehind
            | Self::NegativeLookBehind => {
                "write the text around the match as part of the pattern; with the flag x, write no blank before the ?"
            }
            Self::BackReference => {
                r"write the repeated texts as alternatives, such as aa|bb for (a|b)\1"
            }
            Self::Possessive => {
                "leave out the last +; the result changes only for texts that match after backtracking into the repetition"
            }
            Self::Property => {
                r"write a general category such as \p{L} or \p{Lu}, a script such as \p{IsGreek}, or the characters as ranges"
            }
            Self::ClassOperation => {
                r"write the remaining characters as ranges, such as [a-ce-z] for [a-z&&[^d]]; a backslash makes & - ~ plain"
            }
            Self::ClassInClass | Self::QuoteAmongComments => {
                "write the pattern without the flag x and its blanks"
            }
            Self::UnicodeFlag | Self::LineBreakFlag => "leave the flag out",
            Self::OneSidedBoundary => r"write \b",
            Self::RepeatedLineBreak => r"write (?:\r\n|\n)+, or [\r\n]+",
            Self::LineBreakInClass => r"write [\r\n] for line breaks",
            Self::AtomicGroup => {
                "write (?:…); the result changes only for texts that match after backtracking into the group"
            }
            Self::ConditionalGroup | Self::BalancingGroup => {
                "write the possible texts as alternatives"
            }
        }
    }
}

impl std::fmt::Display for Construct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::LookAhead => "look-ahead (?=…)",
            Self::NegativeLookAhead => "negative look-ahead (?!…)",
            Self::LookBehind => "look-behind (?<=…)",
            Self::NegativeLookBehind => "negative look-behind (?<!…)",
            Self::BackReference => "a back-reference",
            Self::Possessive => "a possessive repetition (a++, a*+, a?+)",
            Self::Property => r"this Unicode property (\p)",
            Self::ClassOperation => "a class set operation (&&, --, ~~)",
            Self::ClassInClass => "a class in a class together with the flag x",
            Self::QuoteAmongComments => r"\Q…\E together with the flag x",
            Self::UnicodeFlag => "the flag u",
            Self::LineBreakFlag => "the flag R",
            Self::OneSidedBoundary => "a one-sided word boundary",
            Self::RepeatedLineBreak => r"a repeated \R",
            Self::LineBreakInClass => r"\R or \Z in a class",
            Self::AtomicGroup => "an atomic group (?>…)",
            Self::ConditionalGroup => "a conditional group (?(…)…|…)",
            Self::BalancingGroup => "a balancing group (?<a-b>…)",
        })
    }
}
