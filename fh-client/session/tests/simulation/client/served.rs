//! Checks of the features that are served.

use std::collections::BTreeMap;

use fh_repository::publication::{Cause, Publication};
use fh_repository::rules::Rules;

use super::Client;
use crate::invariant::{Broken, Invariant, hold};
use crate::spec::Phase;
use crate::world::USERS;

impl Client {
    /// Checks that a store changed a feature of the Edge only by a higher version.
    pub(super) fn only_added(&self, before: &Rules) -> Result<(), Broken> {
        let Some(after) = self.rules() else { return Ok(()) };
        for old in before.ruleset().iter() {
            let new = after.ruleset().iter().find(|new| new.id() == old.id());
            let stays =
                new.is_some_and(|new| new.json() == old.json() || new.version() > old.version());
            hold(Invariant::Stores, stays, || {
                format!("{} is {:?}", old.json(), new.map(|new| new.json().to_string()))
            })?;
        }
        Ok(())
    }

    /// Checks a publication.
    pub(super) fn publication(&mut self, publication: Publication) -> Result<(), Broken> {
        let rules = &publication.rules;
        let context = rules.evaluated_for().map(|evaluated| &evaluated.context);
        let user = self.spec.served_for();
        let right = user.map(|user| &self.users[user].0);
        // Without features, the context does not matter.
        let is_empty = rules.ruleset().iter().next().is_none();
        hold(Invariant::Told, context == right || is_empty, || format!("served for {context:?}"))?;
        let user = format!("@{}\"", user.and_then(|user| USERS[user]).unwrap_or("none"));
        let mut served = BTreeMap::new();
        for feature in rules.ruleset().iter() {
            let json = feature.json();
            hold(Invariant::Told, !json.contains("poison"), || {
                format!("late event served: {json}")
            })?;
            let foreign = right.is_some() && json.contains('@') && !json.contains(&user);
            hold(Invariant::Told, !foreign, || format!("another user's: {json}, wanted {user}"))?;
            let strategy = rules
                .evaluated_for()
                .and_then(|evaluated| evaluated.strategies.get(feature.key()))
                .map(|strategy| format!("\"v\":\"{strategy}\""));
            let in_json = json.find("\"v\":").map(|at| json[at..json.len() - 1].to_string());
            hold(Invariant::Told, right.is_none() || strategy == in_json, || {
                format!("strategy {strategy:?} of {json}")
            })?;
            let environment = rules.environment_of(feature.key());
            let environment = environment.map_or(String::new(), |id| id.to_lowercase());
            served.insert(feature.key().to_string(), (environment, json.to_string()));
        }
        if !self.is_another && !self.spec.follows_older() {
            self.versions(rules)?;
        }
        let seen = |served: &BTreeMap<String, (String, String)>| -> Vec<String> {
            served.values().map(|(_, json)| without_version(json)).collect()
        };
        let hidden = publication.cause == Cause::Invisible && seen(&served) != seen(&self.served);
        hold(Invariant::Cause, !hidden, || format!("invisible: {:?} to {served:?}", self.served))?;
        self.is_another &= self.spec.switching;
        self.served = served;
        self.published = Some(publication);
        Ok(())
    }

    /// Checks that kept values of the previous context answer for the newest context as well, and that all others answer for their own
    /// context only (D-62).
    pub(super) fn answers_for_kept(&self) -> Result<(), Broken> {
        let Some(evaluated) = self.rules().and_then(|rules| rules.evaluated_for()) else {
            return Ok(());
        };
        let wanted = self.spec.kept_for().map(|user| &self.users[user].0);
        let is_served = self.spec.listed && self.spec.phase != Phase::Stopped;
        let right = evaluated.kept_for.as_ref() == wanted;
        hold(Invariant::Told, right || !is_served, || {
            format!("kept for {:?}, expected {wanted:?}", evaluated.kept_for)
        })
    }

    /// Checks that the version of a feature that is still served does not decrease.
    pub(super) fn versions(&self, rules: &Rules) -> Result<(), Broken> {
        let Some(before) = self.rules() else { return Ok(()) };
        for old in before.ruleset().iter() {
            let new = rules.ruleset().iter().find(|new| new.id() == old.id());
            if let Some(new) = new {
                hold(Invariant::Versions, new.version() >= old.version(), || {
                    format!("{} to {}", old.json(), new.json())
                })?;
            }
        }
        Ok(())
    }
}

fn without_version(json: &str) -> String {
    match json.split_once("\"version\":") {
        Some((before, after)) => {
            let rest = after.find([',', '}']).unwrap_or(0);
            format!("{before}{}", &after[rest..])
        }
        None => json.to_string(),
    }
}
