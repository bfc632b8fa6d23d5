//! A list of features as an Edge sends it.

use std::borrow::Cow;

use crate::answer::{Answer, Options, Unreadable};
use crate::context::Context;
use crate::evaluate::walk;
use crate::feature::Feature;
use crate::json::Token;
use crate::mutants::{Bug, Mutant};
use crate::value::Getters;

/// The features of a payload: a list of environments, one environment, a list of features, or one feature. If several features have the
/// same key, the first environment wins, and within an environment the last feature.
#[derive(Clone, Debug)]
pub struct Payload {
    text: String,
    features: Vec<Feature>,
}

impl Payload {
    /// Reads a payload. Features that are not objects or have no usable key are left out.
    ///
    /// # Errors
    /// If the text is not UTF-8 or not JSON.
    pub fn read(text: &[u8]) -> Result<Payload, Unreadable> {
        let text = std::str::from_utf8(text).map_err(|_| Unreadable::new("not UTF-8"))?;
        Ok(Payload { text: text.to_owned(), features: read(text, None)? })
    }

    /// Returns the keys in the order of the payload.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.features.iter().filter_map(|feature| feature.key.as_deref())
    }

    /// Evaluates one feature. Returns `None` if the feature does not exist, or if the mutant loses it or raises.
    #[must_use]
    pub fn evaluate(
        &self,
        key: &str,
        context: Option<&Context>,
        options: &Options,
    ) -> Option<Answer> {
        let features = self.features(context, options)?;
        walk(find(&features, key)?, context, options).ok()
    }

    /// Returns the results of all typed getters of one feature.
    #[must_use]
    pub fn getters(&self, key: &str, context: Option<&Context>, options: &Options) -> Getters {
        let features = self.features(context, options).unwrap_or_default();
        let Some(feature) = find(&features, key) else {
            return Getters::missing();
        };
        match walk(feature, context, options) {
            Ok(answer) => Getters::read(feature, &answer, options),
            Err(_) => Getters::missing(),
        }
    }

    /// Returns the features as the mutant, if any, reads them.
    fn features(&self, context: Option<&Context>, options: &Options) -> Option<Cow<'_, [Feature]>> {
        if options.mutant.is_none() {
            return Some(Cow::Borrowed(&self.features));
        }
        let features = read(&self.text, options.mutant).ok()?;
        if options.has(Bug::OneBadStrategyEmptiesList)
            && features.iter().any(|f| walk(f, context, options).is_err())
        {
            return None;
        }
        Some(Cow::Owned(features))
    }
}

fn find<'a>(features: &'a [Feature], key: &str) -> Option<&'a Feature> {
    features.iter().find(|feature| feature.key.as_deref() == Some(key))
}

fn read(text: &str, mutant: Option<Mutant>) -> Result<Vec<Feature>, Unreadable> {
    let has = |bug| mutant.is_some_and(|m| m.is(bug));
    let document = Token::document(text, mutant)?;
    let mut lists: Vec<Vec<Token<'_>>> = Vec::new();
    let mut loose = Vec::new();
    for entry in document.elements().unwrap_or_else(|| vec![document]) {
        match entry.present("features").and_then(Token::elements) {
            Some(list) if entry.member("key").is_none() => lists.push(list),
            _ => loose.push(entry),
        }
    }
    lists.push(loose);

    let mut features: Vec<Feature> = Vec::new();
    for list in lists {
        let mut own: Vec<Feature> = Vec::new();
        for token in list.into_iter().filter(|token| token.is_object()) {
            let feature = match Feature::read(token, mutant) {
                Ok(feature) => feature,
                Err(unreadable) if mutant.is_some() => return Err(unreadable),
                Err(_) => continue,
            };
            if feature.key.is_none() && has(Bug::KeylessFeaturePoisons) {
                return Err(Unreadable::new("a feature without a key"));
            }
            let known =
                matches!(feature.kind.as_deref(), Some("BOOLEAN" | "STRING" | "NUMBER" | "JSON"));
            let dropped = (has(Bug::UnknownFeatureTypeDropped) && !known)
                || (has(Bug::AbsentLockIsMissing) && !feature.has_lock);
            if feature.key.is_none() || dropped {
                continue;
            }
            match own.iter_mut().find(|earlier| earlier.key == feature.key) {
                Some(earlier) => *earlier = feature,
                None => own.push(feature),
            }
        }
        own.retain(|feature| features.iter().all(|earlier| earlier.key != feature.key));
        features.extend(own);
    }
    Ok(features)
}
