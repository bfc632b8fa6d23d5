//! A setting of `fh serve`: its names, its help, and how its text is read.

use super::server_settings::Settings;

/// The subject of a setting, which is a heading of the help and of the page.
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
            Self::Origin => "Features",
            Self::Network => "Network",
            Self::Clients => "Clients",
            Self::Limits => "Limits",
            Self::Browsers => "Browsers",
            Self::Operations => "Operation",
        }
    }
}

/// The form of a setting's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A single text. The help shows this name in the place of the text.
    One(&'static str),
    /// A flag that may be repeated. In a variable or a property, the texts are separated by white space.
    Many(&'static str),
    /// A flag that may be repeated, for texts that may contain blanks. In a variable or a property, each line that is not blank
    /// is a text.
    Lines(&'static str),
    /// `true` or `false`. The flag without a value means `true`.
    Switch,
}

/// A setting of `fh serve`. Its environment variable is `FH_EDGE_` and the name in upper case, with `_` for `-`.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The name of the setting, which is its flag without the `--`.
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    pub(crate) form: Form,
    pub(crate) help: &'static str,
    /// The line of at most 50 characters that `fh serve -h` shows, or `None` if only `--help` shows the setting.
    pub(crate) short: Option<&'static str>,
    /// FeatureHub's property with the same meaning, or `None` if there is no such property.
    pub(crate) property: Option<Property>,
    /// True if the value is a secret, which `--show-settings` masks.
    pub(crate) is_secret: bool,
    /// A description of the default, or `None` if the text of the default value suffices.
    pub(crate) default: Option<&'static str>,
    /// Returns the derivation of a default that depends on the machine, or `None` if the default is fixed.
    pub(crate) derived: Option<fn() -> String>,
    /// Parses a text and stores its value in the settings. The error never contains a secret.
    pub(crate) set: fn(&mut Settings, &str) -> Result<(), String>,
    /// Returns the text of the setting's current value, which is empty if nothing is set.
    pub(crate) get: fn(&Settings) -> String,
}

/// A property of a FeatureHub server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    /// The text of the property that has the same effect as an absent property.
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
        Self {
            name,
            group,
            form,
            help,
            short: None,
            property: None,
            is_secret: false,
            default: None,
            derived: None,
            set,
            get,
        }
    }

    /// Shows the setting in `fh serve -h`.
    pub(super) const fn short(self, line: &'static str) -> Self {
        Self { short: Some(line), ..self }
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

    pub(super) const fn derived(self, derived: fn() -> String) -> Self {
        Self { derived: Some(derived), ..self }
    }

    pub(super) const fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }

    /// Returns the name of the setting's environment variable.
    pub(crate) fn variable(&self) -> String {
        format!("FH_EDGE_{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }

    /// Returns the default of the setting as text for the help.
    pub(crate) fn default_words(&self) -> String {
        let words = || (self.get)(&Settings::default());
        self.default.map_or_else(words, str::to_string)
    }
}
