//! The form in which the strategies of a state reach clients. Strict SDKs refuse a payload with a strategy without `id` or with a percentage
//! that is no integer of 32 bits, and some SDKs give the value of a strategy that never matches here to every user.

use fh_eval::featurehub::Compiler;
use fh_eval::internal::wire::{self, name};
use fh_eval::internal::{Token, can_match, members};
use fh_eval::{FeatureRef, Profile};
use serde_json::value::RawValue;

use super::feature_text::FeatureText;
use super::json::Json;

/// The name of a strategy, which FeatureHub's management API has.
const NAME: &str = "name";

/// The strategies of a feature as clients get them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Payload {
    /// The id of each strategy, by position; `None` if the strategy has an id of its own.
    pub(crate) ids: Box<[Option<Box<str>>]>,
    /// The list of strategies for client-evaluated keys; `None` if it is the list as written.
    pub(crate) strategies: Option<Box<str>>,
    /// The positions of the strategies that the list lacks, because no context can match them under profile `client`.
    left_out: Box<[u32]>,
}

impl Payload {
    /// Returns what to add to a problem of a strategy: that clients do not get the strategy, if this is so.
    pub(crate) fn consequence(&self, strategy: Option<u32>) -> &'static str {
        match strategy.is_some_and(|position| self.left_out.contains(&position)) {
            true => "; the strategy is left out of payloads",
            false => "",
        }
    }

    /// Returns the strategies of the feature with this text, which depend on the list of strategies alone.
    pub(crate) fn of(text: &FeatureText) -> Self {
        if text.strategies() == "[]" {
            return Self::default();
        }
        let compiled = Compiler::new(Profile::Client).feature_of(&text.parts(), text.json());
        Self::of_compiled(text, compiled.as_ref().ok().map(|compiled| compiled.as_ref()))
    }

    /// Returns the strategies of the feature with this text. `compiled` is the feature under profile `client`.
    pub(crate) fn of_compiled(text: &FeatureText, compiled: Option<FeatureRef<'_>>) -> Self {
        let written = wire::list(text.strategies()).unwrap_or_default();
        let (ids, can_match) = (ids(&written), compiled.map(can_match).unwrap_or_default());
        let (mut list, mut left_out) = (String::from("["), Vec::new());
        for (position, (strategy, id)) in written.iter().zip(&ids).enumerate() {
            if can_match.get(position) == Some(&false) {
                left_out.push(position as u32);
                continue;
            }
            if !list.ends_with('[') {
                list.push(',');
            }
            write_strategy(&mut list, strategy, id.as_deref());
        }
        list.push(']');
        let strategies = (list != text.strategies()).then(|| list.into());
        Self { ids, strategies, left_out: left_out.into() }
    }
}

/// Returns an id for each strategy that has none: `rs-` and the position of the strategy, from 1. If another strategy has this id, a second
/// number follows.
fn ids(strategies: &[&RawValue]) -> Box<[Option<Box<str>>]> {
    let own = strategies.iter().map(|strategy| {
        let members = members(strategy)?;
        let (_, id) = members.into_iter().rfind(|(name, _)| name == name::ID)?;
        wire::text(Some(id)).filter(|id| !id.is_empty()).map(String::from)
    });
    let own: Vec<Option<String>> = own.collect();
    let is_free = |id: &String| own.iter().flatten().all(|other| other != id);
    let made = own.iter().enumerate().map(|(position, id)| match id {
        Some(_) => None,
        None => {
            let first = format!("rs-{}", position + 1);
            let further = (2..).map(|number| format!("{first}-{number}"));
            std::iter::once(first.clone()).chain(further).find(is_free).map(Into::into)
        }
    });
    made.collect()
}

/// Appends a strategy that can match. `id` replaces the member `id`.
fn write_strategy(out: &mut String, strategy: &RawValue, id: Option<&str>) {
    let Some(members) = members(strategy) else { return out.push_str(strategy.get()) };
    out.push('{');
    if let Some(id) = id {
        write(out, name::ID, Json::text(id).as_str());
    }
    for (member, value) in &members {
        match &**member {
            name::ID if id.is_some() => {}
            NAME if wire::text(Some(value)).is_none() => {}
            name::PERCENTAGE => {
                if let Some(percentage) = Token::of(value).integer() {
                    let percentage = percentage.clamp(i32::MIN.into(), i32::MAX.into());
                    write(out, member, &percentage.to_string());
                }
            }
            name::RULES => write(out, member, &rules(value)),
            _ => write(out, member, value.get()),
        }
    }
    out.push('}');
}

/// Returns a list of rules without ids that are no texts.
fn rules(list: &RawValue) -> String {
    let Ok(rules) = wire::list(list.get()) else { return list.get().to_string() };
    let mut out = String::from("[");
    for rule in rules {
        if !out.ends_with('[') {
            out.push(',');
        }
        out.push('{');
        for (member, value) in members(rule).unwrap_or_default() {
            if member != name::ID || wire::text(Some(value)).is_some() {
                write(&mut out, &member, value.get());
            }
        }
        out.push('}');
    }
    out.push(']');
    out
}

fn write(object: &mut String, name: &str, value: &str) {
    if !object.ends_with('{') {
        object.push(',');
    }
    object.push_str(Json::text(name).as_str());
    object.push(':');
    object.push_str(value);
}

#[cfg(test)]
mod tests;
