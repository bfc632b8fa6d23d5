//! The systems of feature flags whose servers a client can be connected to.

use fh_eval::{AttributeText, AttributesBuilder};

/// The system of a client's server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum System {
    /// FeatureHub, whose servers are Edges.
    #[default]
    FeatureHub,
    /// FeatBit.
    FeatBit,
    /// FeatureSignals.
    FeatureSignals,
}

impl System {
    /// All systems, in the order of pages.
    pub const ALL: [Self; 3] = [Self::FeatureHub, Self::FeatBit, Self::FeatureSignals];

    /// Returns the name of the system in options and reports: `featurehub`, `featbit` or `featuresignals`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FeatureHub => "featurehub",
            Self::FeatBit => "featbit",
            Self::FeatureSignals => "featuresignals",
        }
    }

    /// Returns the name of the system in texts, such as `FeatBit`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FeatureHub => "FeatureHub",
            Self::FeatBit => "FeatBit",
            Self::FeatureSignals => "FeatureSignals",
        }
    }

    /// Returns the attribute that holds the key of a user: `userkey`, `keyId` or `key`.
    #[must_use]
    pub const fn user_key(self) -> &'static str {
        match self {
            Self::FeatureHub => "userkey",
            Self::FeatBit => "keyId",
            Self::FeatureSignals => "key",
        }
    }

    /// Adds values to an attribute of a context, in the form that rules of this system read. An attribute of FeatureHub has any number of
    /// values. One of FeatBit or FeatureSignals has a single value, which replaces an earlier one: a list becomes its text, as JSON for
    /// FeatBit, and as `[a b]` for FeatureSignals.
    pub fn add_attribute(
        self,
        attributes: &mut AttributesBuilder,
        name: &str,
        values: &impl AttributeText,
    ) {
        match self {
            #[cfg(feature = "featbit")]
            Self::FeatBit => replace(attributes, name, fh_eval::featbit::property_text(values)),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals => {
                replace(attributes, name, fh_eval::featuresignals::attribute_text(values));
            }
            _ => values.each(&mut |value| attributes.add(name, value)),
        }
    }

    /// Returns the noun for a server of this system in texts: `Edge` or `server`.
    #[must_use]
    pub const fn server(self) -> &'static str {
        match self {
            Self::FeatureHub => "Edge",
            Self::FeatBit | Self::FeatureSignals => "server",
        }
    }

    /// Returns the noun for what a client shows to a server in texts: `key` or `secret`.
    #[must_use]
    pub const fn credential(self) -> &'static str {
        match self {
            Self::FeatureHub | Self::FeatureSignals => "key",
            Self::FeatBit => "secret",
        }
    }
}

#[cfg(any(feature = "featbit", feature = "featuresignals"))]
fn replace(attributes: &mut AttributesBuilder, name: &str, text: Option<String>) {
    *attributes = std::mem::take(attributes).remove(name).attribute(name, text);
}
