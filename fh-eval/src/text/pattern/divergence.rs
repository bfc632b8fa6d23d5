//! Constructs that the languages of SDKs read differently.

/// A construct that the languages of SDKs read differently, so that SDKs do not agree on the texts that a pattern
/// matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Divergence {
    /// A `[` within a class, such as `[[:alpha:]]` or `[a[bc]]`.
    ClassInClass,
    /// A `]` directly after the start of a class, as in `[]`, `[^]` or `[]a]`.
    EmptyClass,
    /// A property such as `\p{Lu}` or `\pL`, or its complement, such as `\P{Lu}`.
    Property,
    /// A quote `\Q…\E`.
    Quote,
    /// The end of the text, `\Z`.
    End,
    /// Horizontal white space `\h`, or its complement `\H`.
    Blank,
    /// Vertical white space `\v`, or its complement `\V`.
    VerticalSpace,
    /// The line break `\R`.
    LineBreak,
    /// A look-ahead: `(?=…)`.
    LookAhead,
    /// A negative look-ahead: `(?!…)`.
    NegativeLookAhead,
    /// A look-behind: `(?<=…)`.
    LookBehind,
    /// A negative look-behind: `(?<!…)`.
    NegativeLookBehind,
    /// A look-behind for texts of several lengths, such as `(?<=a+)`.
    LookBehindLength,
    /// A group that captures in a negative look-behind, such as `(?<!(a))`.
    GroupInLookBehind,
    /// A repeated look-behind, such as `(?<=a)*`.
    RepeatedLookBehind,
}

impl Divergence {
    /// Returns advice on what to write instead, so that every SDK reads the pattern in the same way.
    #[must_use]
    pub const fn instead(self) -> &'static str {
        match self {
            Self::ClassInClass => {
                r"write \[ for a bracket, and the characters of a class as they are, such as A-Za-z for [:alpha:]"
            }
            Self::EmptyClass => r"write \] for a bracket, and [\s\S] for any character",
            Self::Property => "write the characters as ranges, such as A-Za-zÀ-ÿ",
            Self::Quote => r"write a backslash before each special character",
            Self::End => "write $",
            Self::Blank => r"write [ \t]",
            Self::VerticalSpace => {
                r"write \x0B for a vertical tab, or [\n\x0B\f\r] for line breaks"
            }
            Self::LineBreak => r"write (?:\r\n|\n)",
            Self::LookAhead => {
                "give each look-ahead a rule of its own, since all rules of a strategy must hold, or write the text that follows as part of the pattern"
            }
            Self::NegativeLookAhead => {
                "add a rule with EXCLUDES for the text that must not follow, or NOT_EQUALS for whole texts"
            }
            Self::LookBehind => "write the text that precedes as part of the pattern",
            Self::NegativeLookBehind => {
                "add a rule with EXCLUDES for the text that must not precede, or write the characters that may precede, such as (?:^|[^a])"
            }
            Self::LookBehindLength => {
                "write one look-behind for each length, such as (?:(?<=a)|(?<=bc))"
            }
            Self::GroupInLookBehind => "write (?:…) for the group",
            Self::RepeatedLookBehind => {
                "leave the repetition out, or leave the look-behind out if it may be repeated zero times"
            }
        }
    }
}

impl std::fmt::Display for Divergence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ClassInClass => {
                "[ within a class begins a class in Java and is a plain [ in JavaScript"
            }
            Self::EmptyClass => {
                "] as the first character of a class is a plain ] in Java and ends the class in JavaScript"
            }
            Self::Property => r"\p{…} is a Unicode property in Java and plain letters in JavaScript",
            Self::Quote => r"\Q…\E quotes in Java and is plain letters in JavaScript",
            Self::End => r"\Z is the end of the text in Java and a plain Z in JavaScript",
            Self::Blank => r"\h is horizontal white space in Java and a plain h in JavaScript",
            Self::VerticalSpace => {
                r"\v is any vertical white space in Java and a vertical tab in JavaScript"
            }
            Self::LineBreak => r"\R is a line break in Java and a plain R in JavaScript",
            Self::LookAhead => "FeatureHub's SDK for Go refuses a look-ahead (?=…)",
            Self::NegativeLookAhead => {
                "FeatureHub's SDK for Go refuses a negative look-ahead (?!…)"
            }
            Self::LookBehind => {
                "FeatureHub's SDK for Go refuses a look-behind (?<=…), and so does Safari before version 16.4"
            }
            Self::NegativeLookBehind => {
                "FeatureHub's SDK for Go refuses a negative look-behind (?<!…), and so does Safari before version 16.4"
            }
            Self::LookBehindLength => {
                "Python refuses a look-behind for texts of several lengths, Ruby most of these, and Java refuses or misreads some that have no longest text"
            }
            Self::GroupInLookBehind => {
                "Ruby refuses a group that captures in a negative look-behind"
            }
            Self::RepeatedLookBehind => "JavaScript refuses a repeated look-behind",
        })
    }
}
