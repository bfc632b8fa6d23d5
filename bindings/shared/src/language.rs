//! The languages in which programs use the client.

/// A language in which programs use the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rust, in which the client is written.
    Rust,
    /// Python, by the package `fh-client` for Python.
    Python,
    /// TypeScript and JavaScript, by the package `fh-client` for browsers and Node.
    TypeScript,
    /// Kotlin and Java, by the package `fh-client` for the JVM.
    Kotlin,
    /// Swift, by the package `FeatureHub`.
    Swift,
}

/// The form of names in a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// `stream_again_after`
    Snake,
    /// `streamAgainAfter`
    Camel,
}

impl Language {
    /// All languages, in the order of pages.
    pub const ALL: [Self; 5] =
        [Self::Rust, Self::Python, Self::TypeScript, Self::Kotlin, Self::Swift];

    /// Returns the name of the language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::TypeScript => "TypeScript",
            Self::Kotlin => "Kotlin",
            Self::Swift => "Swift",
        }
    }

    /// Returns the form of the language's names.
    #[must_use]
    pub const fn spelling(self) -> Spelling {
        match self {
            Self::Rust | Self::Python => Spelling::Snake,
            Self::TypeScript | Self::Kotlin | Self::Swift => Spelling::Camel,
        }
    }
}

impl Language {
    /// Returns a setting with its value as a program writes it, such as `mode="polling"` or `"mode": "polling"`.
    #[must_use]
    pub fn written(self, name: &str, value: &str) -> String {
        match self.spelling() {
            Spelling::Snake => format!("{name}={value}"),
            Spelling::Camel => format!("\"{}\": {value}", Spelling::Camel.spell(name)),
        }
    }
}

impl Spelling {
    /// Returns a name of the table, which is in [`Self::Snake`], in this form.
    ///
    /// ```
    /// use fh_binding::language::Spelling;
    /// assert_eq!(Spelling::Camel.spell("limits.held_back"), "limits.heldBack");
    /// ```
    #[must_use]
    pub fn spell(self, name: &str) -> String {
        match self {
            Self::Snake => name.to_string(),
            Self::Camel => {
                let mut parts = name.split('_');
                let first = parts.next().unwrap_or_default().to_string();
                parts.fold(first, |mut camel, part| {
                    let mut characters = part.chars();
                    camel.extend(characters.next().map(|c| c.to_ascii_uppercase()));
                    camel.push_str(characters.as_str());
                    camel
                })
            }
        }
    }
}
