//! One thing that `fh serve` can be told, and all the ways to say it.

use super::Settings;

/// What a setting is about: the headings of the help, and of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Origin,
    Network,
    Clients,
    Limits,
    Browsers,
    Operations,
}

impl Group {
    pub(crate) const ALL: [Self; 6] = [
        Self::Origin,
        Self::Network,
        Self::Clients,
        Self::Limits,
        Self::Browsers,
        Self::Operations,
    ];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Origin => "What is served",
            Self::Network => "Where",
            Self::Clients => "Towards clients",
            Self::Limits => "Limits",
            Self::Browsers => "Browsers",
            Self::Operations => "Operation",
        }
    }
}

/// What a setting's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One text, called so in the help.
    One(&'static str),
    /// A flag that may stand several times; in the environment several texts with blanks between them.
    Many(&'static str),
    /// A flag that may stand several times, for texts with blanks in them; in the environment one text a line.
    Lines(&'static str),
    /// `true` or `false`; the flag alone is `true`.
    Switch,
}

/// One setting. Its variable is `FH_EDGE_` and the name in upper case.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The flag without its `--`.
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    pub(crate) form: Form,
    pub(crate) help: &'static str,
    /// FeatureHub's name for the same.
    pub(crate) property: Option<Property>,
    /// Is the text not to be shown?
    pub(crate) is_secret: bool,
    /// The default in words, where it is more than a text.
    pub(crate) default: Option<&'static str>,
    /// Takes a text; says what is wrong with it, without repeating it.
    pub(crate) set: fn(&mut Settings, &str) -> Result<(), String>,
    /// The text that would say the same.
    pub(crate) get: fn(&Settings) -> String,
}

/// A property of a FeatureHub server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    /// The text that means the same as no text.
    pub(crate) none: &'static str,
}

impl Setting {
    pub(super) const fn new(
        group: Group,
        name: &'static str,
        form: Form,
        help: &'static str,
        set: fn(&mut Settings, &str) -> Result<(), String>,
        get: fn(&Settings) -> String,
    ) -> Self {
        Self { name, group, form, help, property: None, is_secret: false, default: None, set, get }
    }

    pub(super) const fn property(self, name: &'static str) -> Self {
        Self { property: Some(Property { name, none: "" }), ..self }
    }

    pub(super) const fn property_but(self, name: &'static str, none: &'static str) -> Self {
        Self { property: Some(Property { name, none }), ..self }
    }

    pub(super) const fn default(self, words: &'static str) -> Self {
        Self { default: Some(words), ..self }
    }

    pub(super) const fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }

    /// The environment variable.
    pub(crate) fn variable(&self) -> String {
        format!("FH_EDGE_{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }

    /// Its default, for people.
    pub(crate) fn default_words(&self) -> String {
        let words = || (self.get)(&Settings::default());
        self.default.map_or_else(words, str::to_string)
    }
}
