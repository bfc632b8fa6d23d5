//! A pattern in the syntax of `regex-syntax`, as the readers of all languages of patterns return it.

/// A pattern in the syntax of `regex-syntax`.
pub(super) struct Read {
    pub(super) text: String,
    /// The groups that replace an escape whose meaning depends on its position, each with its byte offset in `text`.
    /// The offsets ascend.
    pub(super) marks: Vec<(usize, Mark)>,
    /// The constructs that JavaScript and Java read differently, each once.
    pub(super) divergences: Vec<Divergence>,
}

/// An escape whose meaning depends on its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The line break `\R`.
    LineBreak,
    /// The end of the text, `\Z`.
    End,
}

/// A construct that JavaScript and Java read differently, so that SDKs do not agree on the texts that a pattern
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
        })
    }
}
