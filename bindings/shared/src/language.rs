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

/// The functions and settings that texts of the client name, in [`Spelling::Snake`].
const NAMES: [&str; 2] = ["ruleset_file", "set_context"];

impl Spelling {
    /// Returns a text of the client with its names of functions and settings in this form. Such names stand between backticks.
    ///
    /// ```
    /// use fh_binding::language::Spelling;
    /// assert_eq!(Spelling::Camel.spell_in("set it by `set_context`"), "set it by `setContext`");
    /// ```
    #[must_use]
    pub fn spell_in(self, text: &str) -> String {
        let parts = text.split('`').map(|part| match NAMES.contains(&part) {
            true => self.spell(part),
            false => part.to_string(),
        });
        parts.collect::<Vec<_>>().join("`")
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of the client, and whether they are translated. Those of TypeScript are its own.
    const TEXTS: [(&str, Option<&str>, Spelling); 4] = [
        ("repository/src/notice.rs", None, Spelling::Snake),
        ("repository/src/notice.rs", Some("spelled"), Spelling::Camel),
        ("repository/src/problem.rs", None, Spelling::Camel),
        ("../bindings/web/packages/client/src/repository/notice.ts", None, Spelling::Camel),
    ];

    #[test]
    fn texts_name_functions_and_settings_as_each_language_spells_them() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fh-client/");
        let mut found = 0;
        for (file, spelled, spelling) in TEXTS {
            let source = std::fs::read_to_string(format!("{root}{file}")).unwrap();
            let lines = source.lines().filter(|line| {
                let line = line.trim_start();
                !line.starts_with("//") && !line.starts_with('*')
            });
            for line in lines {
                let line = spelled.map_or(line.to_string(), |_| spelling.spell_in(line));
                for name in line.split('`').skip(1).step_by(2) {
                    let is_snake = name.contains('_') && !name.contains('$');
                    found += usize::from(is_snake);
                    assert!(!is_snake || spelling == Spelling::Snake, "{file}: {name}");
                }
            }
        }
        assert!(found > 0, "the texts name functions");
    }
}
