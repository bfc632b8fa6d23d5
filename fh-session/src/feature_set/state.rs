//! The members of a feature's JSON that are needed to compare versions.

use std::borrow::Cow;

use fh_eval::featurehub::wire::{self, Feature};
use fh_eval::{Token, members};
use serde_json::value::RawValue;

/// The identity and the version of a feature.
#[derive(Debug, Clone)]
pub(crate) struct State<'a> {
    pub(crate) id: Option<Cow<'a, str>>,
    pub(crate) key: Option<Cow<'a, str>>,
    /// The version; `None` if it is missing or cannot be read.
    pub(crate) version: Option<i64>,
}

impl<'a> State<'a> {
    /// Reads the members of a feature; `None` if the JSON is not an object.
    pub(crate) fn read(raw: &'a RawValue) -> Option<Self> {
        let feature = Feature::parse(raw.get())?;
        Some(Self {
            id: wire::text(feature.id),
            key: wire::text(feature.key),
            version: feature.version.and_then(|raw| Token::of(raw).integer()),
        })
    }
}

/// Returns true if the JSON is a feature with a key.
pub(crate) fn is_feature(raw: &RawValue) -> bool {
    State::read(raw).is_some_and(|state| state.key.is_some())
}

/// Returns the id of the strategy that an Edge applied (`v`); `None` if the feature has no such member.
pub(crate) fn applied_strategy(raw: &RawValue) -> Option<String> {
    let members = members(raw)?;
    let (_, strategy) = members.iter().rfind(|(name, _)| name == "v")?;
    match Token::of(strategy) {
        Token::Text(text) => Some(text.into_owned()),
        _ => None,
    }
}
