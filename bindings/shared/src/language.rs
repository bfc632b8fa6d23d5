//! The languages in which programs use the client.

use fh_client::StartError;

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
    /// Returns the advice to give a setting one of these values, in the words of the language.
    ///
    /// ```
    /// use fh_binding::language::Language;
    /// let advice = |language: Language| language.advice("mode", &["polling"]);
    /// assert_eq!(advice(Language::Python), "write mode=\"polling\"");
    /// assert_eq!(advice(Language::TypeScript), "write \"mode\": \"polling\"");
    /// assert_eq!(advice(Language::Kotlin), "set mode to FetchMode.POLLING");
    /// assert_eq!(advice(Language::Swift), "set mode to .polling");
    /// ```
    #[must_use]
    pub fn advice(self, name: &str, values: &[&str]) -> String {
        let own = self.spelling().spell(name);
        let words = values.iter().map(|value| self.word(name, value));
        let given: Vec<String> = match self {
            Self::Rust | Self::Python => words.map(|word| format!("{own}={word}")).collect(),
            Self::TypeScript => words.map(|word| format!("\"{own}\": {word}")).collect(),
            Self::Kotlin | Self::Swift => words.collect(),
        };
        let given = given.join(" or ");
        match self {
            Self::Kotlin | Self::Swift => format!("set {own} to {given}"),
            _ => format!("write {given}"),
        }
    }

    /// Returns a word of a setting as the language writes it, such as `"polling"` or `FetchMode.POLLING`. A value of a setting without words
    /// is returned unchanged.
    pub(crate) fn word(self, name: &str, word: &str) -> String {
        let Some(enumeration) = enumeration(name) else { return word.to_string() };
        match self {
            Self::Kotlin => format!("{enumeration}.{}", word.to_ascii_uppercase()),
            Self::Swift => format!(".{word}"),
            _ => format!("\"{word}\""),
        }
    }

    /// Returns the text of an error of the start, with the name of the setting in the spelling of the language.
    #[must_use]
    pub fn start_error(self, error: &StartError) -> String {
        const BEFORE: &str = "the setting ";
        let text = error.to_string();
        match text.strip_prefix(BEFORE).and_then(|rest| rest.split_once(' ')) {
            Some((name, rest)) => format!("{BEFORE}{} {rest}", self.spelling().spell(name)),
            None => text,
        }
    }
}

/// Returns the enumeration of a setting's words in Kotlin; `None` if the setting has no words.
fn enumeration(name: &str) -> Option<&'static str> {
    Some(match name {
        "system" => "FlagSystem",
        "mode" => "FetchMode",
        "profile" => "Profile",
        "context_placement" => "ContextPlacement",
        "while_switching" => "WhileSwitching",
        _ => return None,
    })
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
