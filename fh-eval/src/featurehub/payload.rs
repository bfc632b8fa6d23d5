//! The methods of rulesets and features that read FeatureHub's JSON: the compilation of a payload, and the parts of a
//! feature that are read from its JSON on request.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Compiler, Document, ParseError, wire};
use crate::evaluation::Evaluation;
use crate::feature::FeatureRef;
use crate::featurehub::profile::Profile;
use crate::json::Token;
use crate::ruleset::Ruleset;
use crate::tables::PackedDetail;

/// Returns the JSON token of a value, or `None` if the value is missing or null.
pub(crate) fn token(raw: wire::Raw<'_>) -> Option<&str> {
    raw.filter(|raw| Token::of(raw) != Token::Null).map(RawValue::get)
}

impl Ruleset {
    /// Parses and compiles a payload with exactly one environment: a list of features, one feature, one environment, or
    /// the body of FeatureHub's response for one API key. For several environments or ids of feature values, use
    /// [`Document`] and [`Compiler`].
    ///
    /// # Errors
    /// Fails with [`ParseError`] if the document as a whole cannot be read or does not hold exactly one environment.
    /// [`Self::diagnostics`] reports unreadable features, and most unreadable parts of features. Two mistakes outside
    /// of features leave no diagnostic: in a list of environments, elements that are not environments are skipped, and
    /// a member `features` that is not a list counts as an empty list.
    pub fn from_json(json: &[u8], profile: Profile) -> Result<Self, ParseError> {
        Ok(Compiler::new(profile).compile(&Document::parse(json)?.only()?))
    }
}

impl<'a> FeatureRef<'a> {
    /// Returns the feature's properties (`fp`) in the payload's order. Properties whose value is not a text are left
    /// out. A name that occurs twice has two entries. Each call reads the JSON of a feature with properties again.
    #[must_use]
    pub fn properties(&self) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        // Most features have none.
        if !self.detail().is_some_and(PackedDetail::has_properties) {
            return Vec::new();
        }
        let Some(feature) = wire::Feature::parse(self.json()) else { return Vec::new() };
        let members = feature.properties.as_ref().cloned().unwrap_or_default();
        let texts = members.into_iter().filter_map(|(name, value)| match Token::of(value) {
            Token::Text(text) => Some((name, text)),
            _ => None,
        });
        texts.collect()
    }

    /// Returns the evaluated value as the payload's JSON token, or `None` if the value is null or missing. A NUMBER
    /// with the token `"7.50"` gives `"7.50"`. `evaluation` must be a result of this feature. Each call parses
    /// the feature's JSON again.
    #[must_use]
    pub fn value_token(&self, evaluation: &Evaluation<'_>) -> Option<&'a str> {
        let feature = wire::Feature::parse(self.json())?;
        let raw = match evaluation.strategy_position() {
            None => feature.value,
            Some(position) => feature.strategies.as_ref()?.get(position)?.as_ref()?.value,
        };
        token(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_found_by_a_name_with_an_escape() {
        for name in ["fp", "\\u0066p", "f\\u0070"] {
            let json = format!(r#"[{{"key":"A","version":1,"{name}":{{"team":"web"}}}}]"#);
            let rules = Ruleset::from_json(json.as_bytes(), Profile::default()).unwrap();
            let properties = rules.get("A").unwrap().properties();
            assert_eq!(properties, [(Cow::from("team"), Cow::from("web"))], "{name}");
        }
    }
}
