//! The features of one environment, and the rules that decide which updates are applied. An update has no effect if the held
//! feature has a later version or the same JSON, or if a delete of the same or a later version is remembered for the feature's id.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use fh_eval::featurehub::Compiler;
use fh_eval::internal::wire::{self, Feature, Identity};
use fh_eval::internal::{Compilation, is_visible_change};
use fh_eval::{FeatureRef, Ruleset, SharedText};
use fh_repository::time::Millis;

use super::received::Received;
use crate::secrets::without_found_text;

/// The authority of an update, which determines the held features that the update may replace or remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authority {
    /// The source is the Edge. Features that are missing from its lists are removed.
    Edge,
    /// The source is a store, whose features may be outdated. Features that are missing from its lists are kept.
    Store,
    /// The source is a store, and the session has recorded that the Edge sent or confirmed a list. The store replaces a held feature only
    /// with a higher version, and never with a feature of another id. Otherwise an outdated copy could bring back another id, an old key or
    /// a former strategy.
    LateStore,
}

/// The effect of an update on features, and its visibility for readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    /// The update changed no feature.
    None,
    /// The update changed no property that counts as visible. It may have changed others, such as a version or the order of features.
    Invisible,
    /// The update added or removed a feature, or changed a property that a reader may see, such as a value or a lock.
    Seen,
}

/// The elements that are chosen when a list is applied. From the first one on that differs from the held features, each is compiled as soon
/// as it is chosen, so that the parts of all elements are not in memory at the same time.
struct Choice<'a, F> {
    compiler: Compiler<'a>,
    /// The message of which the elements are parts, if it is shared.
    message: Option<&'a SharedText>,
    /// The size of the elements.
    bytes: usize,
    texts: Vec<&'a str>,
    /// The held features that come next, while all elements are as before.
    known: F,
    compilation: Option<Compilation<'a>>,
    /// The ids of strategies that an Edge applied, with the positions and the keys of their features.
    strategies: Vec<(usize, Box<str>, Box<str>)>,
}

impl<'a, F: Iterator<Item = FeatureRef<'a>>> Choice<'a, F> {
    fn add(&mut self, held: &Environment, json: &'a str, parts: Option<&Feature<'_>>) {
        let is_known = held.leaves_out(self.texts.len(), json)
            || self.known.next().is_some_and(|known| known.json() == json);
        if !is_known {
            self.begin(&held.id);
        }
        match (&mut self.compilation, parts) {
            (Some(compilation), Some(parts)) => compilation.add_parts(parts, json),
            (Some(compilation), None) => compilation.add(json),
            (None, _) => {}
        }
        self.texts.push(json);
    }

    /// Begins the compilation with the elements that were chosen before. The JSON of features stays in a message if the elements are most of
    /// it, and so large that the keys, which are copied from a shared message, take little memory beside them.
    fn begin(&mut self, id: &str) {
        let are_large = self.bytes >= LEAST_SHARED * self.texts.capacity();
        let is_shared = |message: &&SharedText| are_large && 2 * self.bytes >= message.len();
        let message = self.message.filter(is_shared);
        self.compilation.get_or_insert_with(|| {
            let mut compilation = self.compiler.begin(Some(id));
            match message {
                Some(message) => compilation.share(message),
                None => compilation.reserve(self.bytes),
            }
            self.texts.iter().for_each(|json| compilation.add(json));
            compilation
        });
    }

    fn note_strategy(&mut self, applied: Option<(Box<str>, Box<str>)>) {
        let position = self.texts.len();
        self.strategies.extend(applied.map(|(key, strategy)| (position, key, strategy)));
    }
}

/// The least average size of the features that stay parts of their message, in bytes.
const LEAST_SHARED: usize = 256;

/// Maximum number of deletes of an environment that are remembered. Further deletes are applied but not remembered, so a late update can
/// bring the feature back.
const MAX_TOMBSTONES: usize = 10_000;

/// The time for which all lists of the Edge must have had an older version of a feature until it replaces the held one. An Edge that lags
/// behind sends older versions for seconds or minutes, but a database that was restored sends them for good.
const OLDER_FOR: Duration = Duration::from_secs(3600);
/// The least number of these lists.
const OLDER_LISTS: u8 = 3;

/// The features of one environment, and the data that decides which updates are applied.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) id: Arc<str>,
    pub(crate) ruleset: Ruleset,
    /// The feature keys by feature id, so that a renamed feature is found by its id. They are made when they are first needed after a list.
    keys: OnceCell<HashMap<Box<str>, Box<str>>>,
    /// Versions of deletes by feature id. An applied update of a single feature removes its entry, and a list of the Edge removes all
    /// entries.
    tombstones: HashMap<Box<str>, i64>,
    /// The elements of the last applied list that are not in `ruleset`, with their positions: elements that are not features, and features
    /// that a later one with the same key replaces. A list with the same elements is not applied again.
    left_out: Vec<(usize, Box<str>)>,
    /// The held features of which the last lists of the Edge had older versions, by key: the time of the first of these lists, and their
    /// number.
    older: HashMap<Box<str>, (Millis, u8)>,
    /// The ids of the strategies that an Edge applied (the member `v` of a feature), by feature key.
    pub(crate) strategies: HashMap<Box<str>, Box<str>>,
}

impl Environment {
    pub(crate) fn new(id: Arc<str>) -> Self {
        Self {
            id,
            ruleset: Ruleset::default(),
            keys: OnceCell::new(),
            tombstones: HashMap::new(),
            left_out: Vec::new(),
            older: HashMap::new(),
            strategies: HashMap::new(),
        }
    }

    /// Applies a list of the environment's features that arrives now, and returns the effect. If most of `message` are these features, their
    /// JSON is not copied.
    pub(crate) fn list(
        &mut self,
        message: Option<&SharedText>,
        features: &[Received<'_>],
        authority: Authority,
        now: Millis,
        compiler: Compiler<'_>,
    ) -> Effect {
        let old = self.ruleset.clone();
        let mut choice = Choice {
            compiler,
            message,
            bytes: features.iter().map(|received| received.json().len()).sum(),
            texts: Vec::with_capacity(features.len()),
            known: old.iter(),
            compilation: None,
            strategies: Vec::new(),
        };
        let only_adds = authority != Authority::Edge;
        // Ids and keys in a store's list. Held features that such a list does not contain are kept.
        let mut listed: HashSet<Cow<'_, str>> = HashSet::new();
        let mut older = HashMap::new();
        let mut places = old.iter().peekable();
        for (position, received) in features.iter().enumerate() {
            // Most features of a list have not changed and have their former position. Such features are compared without being parsed.
            let same = places.peek().filter(|held| held.json() == received.json()).copied();
            if same.is_some() || !self.leaves_out(position, received.json()) {
                places.next();
            }
            let parts = if same.is_none() { received.parts() } else { None };
            let state = match same {
                Some(held) => Some(identity_of(held)),
                None => parts.as_ref().map(Feature::identity),
            };
            if authority != Authority::Edge
                && state.as_ref().is_some_and(|state| self.buries(state))
            {
                continue;
            }
            let kept = state.as_ref().and_then(|state| self.standing(&old, state, authority));
            let kept = kept.filter(|kept| only_adds || !self.stays_older(kept, now, &mut older));
            if let Some(kept) = kept {
                if only_adds {
                    listed.extend(kept.id().into_iter().chain([kept.key()]).map(Cow::Borrowed));
                }
                self.keep(&mut choice, kept);
                continue;
            }
            choice.note_strategy(match same {
                Some(held) => self.applied(held),
                None => parts.as_ref().and_then(applied_strategy),
            });
            choice.add(self, received.json(), parts.as_ref());
            // The compiler leaves out an element without a readable key, so such an element does not replace a held feature.
            let has_key =
                |state: &Identity<'_>| state.key.as_deref().is_some_and(|key| !key.is_empty());
            let is_noted = only_adds && !old.is_empty();
            if let Some(state) = state.filter(|state| is_noted && has_key(state)) {
                listed.extend(state.id.into_iter().chain(state.key));
            }
        }
        if only_adds {
            let unlisted = old.iter().filter(|feature| {
                let by_id = feature.id().is_some_and(|id| listed.contains(id));
                !by_id && !listed.contains(feature.key())
            });
            unlisted.for_each(|held| self.keep(&mut choice, held));
        }
        if authority == Authority::Edge {
            self.tombstones.clear();
            self.older = older;
        }
        if choice.compilation.is_none() && old.len() + self.left_out.len() == choice.texts.len() {
            return Effect::None;
        }
        choice.begin(&self.id);
        let Choice { texts, compilation, strategies, .. } = choice;
        let new = compilation.map(Compilation::finish).unwrap_or_default();
        self.left_out = left_out(&texts, &new);
        // Of several features with one key, one is served.
        let is_served = |(position, key, _): &(usize, Box<str>, Box<str>)| {
            new.get(key).is_some_and(|served| texts.get(*position) == Some(&served.json()))
        };
        let strategies = strategies.into_iter().filter(is_served);
        self.strategies = strategies.map(|(_, key, strategy)| (key, strategy)).collect();
        // A changed feature is parsed a second time here, because readers also see members that `parts` leaves out. The repository compares
        // once more, with the features that it serves. The served features may be older while changes are held back.
        let seen = old.len() != new.len()
            || new.iter().any(|feature| {
                old.get(feature.key())
                    .is_none_or(|old| is_visible_change(old.json(), feature.json()))
            });
        self.keys = OnceCell::new();
        self.ruleset = new;
        if seen { Effect::Seen } else { Effect::Invisible }
    }

    /// Chooses a held feature.
    fn keep<'a, F: Iterator<Item = FeatureRef<'a>>>(
        &self,
        choice: &mut Choice<'a, F>,
        held: FeatureRef<'a>,
    ) {
        choice.note_strategy(self.applied(held));
        choice.add(self, held.json(), None);
    }

    /// Returns the key of a held feature and the id of the strategy that an Edge applied to it.
    fn applied(&self, held: FeatureRef<'_>) -> Option<(Box<str>, Box<str>)> {
        let (key, strategy) = self.strategies.get_key_value(held.key())?;
        Some((key.clone(), strategy.clone()))
    }

    /// Returns true if the last applied list had this element at this position, and the element is not in the ruleset.
    fn leaves_out(&self, position: usize, json: &str) -> bool {
        let found = self.left_out.binary_search_by_key(&position, |(position, _)| *position);
        let found = found.ok().and_then(|at| self.left_out.get(at));
        found.is_some_and(|(_, text)| **text == *json)
    }

    /// Applies an update of one feature, and returns the effect.
    ///
    /// # Errors
    /// An error if the JSON is not a feature. The error holds the reason.
    pub(crate) fn feature(
        &mut self,
        received: &Received<'_>,
        authority: Authority,
        compiler: Compiler<'_>,
    ) -> Result<Effect, String> {
        let parts = received.parts().ok_or("a feature is not a JSON object")?;
        let state = parts.identity();
        let compiled = compiler
            .feature_of(&parts, received.json())
            .map_err(|diagnostic| format!("a feature: {}", without_found_text(&diagnostic)))?;
        let feature = compiled.as_ref();
        if self.buries(&state) {
            return Ok(Effect::None);
        }
        let old = self.ruleset.clone();
        if self.standing(&old, &state, authority).is_some() {
            return Ok(Effect::None);
        }
        self.older.remove(feature.key());
        let held = self.held(&old, &state);
        if held.as_ref().is_some_and(|held| held.json() == feature.json()) {
            return Ok(Effect::None);
        }
        let renamed = held.as_ref().filter(|held| held.key() != feature.key());
        if let Some(renamed) = renamed {
            self.remove(renamed.key());
        }
        let seen = match old.get(feature.key()) {
            Some(old) => is_visible_change(old.json(), feature.json()) || renamed.is_some(),
            None => true,
        };
        // Another feature may have had this key before.
        if let Some(id) = old.get(feature.key()).and_then(|old| old.id()) {
            self.keys_mut().map(|keys| keys.remove(id));
        }
        if let Some(keys) = self.keys_mut() {
            keys.extend(identity(feature));
        }
        if let Some(id) = feature.id() {
            self.tombstones.remove(id);
        }
        self.strategies.remove(feature.key());
        self.strategies.extend(applied_strategy(&parts));
        self.ruleset = self.ruleset.with(&compiled);
        Ok(if seen { Effect::Seen } else { Effect::Invisible })
    }

    /// Applies the delete of a feature, and returns the effect. The delete concerns the feature with the same id. If no feature has this
    /// id, the delete concerns the feature with the same key, unless both the delete and that feature have ids. The feature is removed
    /// unless the version of the delete is above 0 and lower than the version of the feature.
    ///
    /// # Errors
    /// An error if the JSON is not an object, or has neither an id nor a key. The error holds the reason.
    pub(crate) fn delete(&mut self, received: &Received<'_>) -> Result<Effect, String> {
        let parts = received.parts().ok_or("a delete event is not a JSON object")?;
        let state = parts.identity();
        if state.id.is_none() && state.key.is_none() {
            return Err("a delete event has neither id nor key".to_string());
        }
        let version = state.version.filter(|version| *version > 0);
        let old = self.ruleset.clone();
        let by_id =
            state.id.as_deref().and_then(|id| self.keys().get(id)).and_then(|key| old.get(key));
        let by_key = state.key.as_deref().and_then(|key| old.get(key));
        // A delete with an id does not remove a feature with the same key and another id.
        let by_key = by_key.filter(|held| state.id.is_none() || held.id().is_none());
        let held = by_id.or(by_key);
        let is_older =
            held.as_ref().zip(version).is_some_and(|(held, version)| version < held.version());
        if is_older {
            return Ok(Effect::None);
        }
        if let (Some(id), Some(version)) = (&state.id, version)
            && self.tombstones.len() < MAX_TOMBSTONES
        {
            let buried = self.tombstones.entry(id.as_ref().into()).or_insert(version);
            *buried = version.max(*buried);
        }
        match held {
            None => Ok(Effect::None),
            Some(held) => {
                self.remove(held.key());
                Ok(Effect::Seen)
            }
        }
    }

    /// Returns the held feature if the received state does not replace it. Returns `None` if the state replaces it, or if no such feature
    /// is held.
    fn standing<'a>(
        &self,
        ruleset: &'a Ruleset,
        state: &Identity<'_>,
        authority: Authority,
    ) -> Option<FeatureRef<'a>> {
        let held = self.held(ruleset, state)?;
        let stays = match authority {
            Authority::Edge | Authority::Store => is_older(state, &held),
            Authority::LateStore => {
                let with_key = state.key.as_deref().and_then(|key| ruleset.get(key));
                is_another(state, &held)
                    || with_key.is_some_and(|other| is_another(state, &other))
                    || state.version.unwrap_or(0) <= held.version()
            }
        };
        stays.then_some(held)
    }

    /// Returns true if a list of the Edge, which arrives now and has an older version of a held feature, is the last of enough such lists.
    /// Otherwise adds the list to those in `older`.
    fn stays_older(
        &self,
        held: &FeatureRef<'_>,
        now: Millis,
        older: &mut HashMap<Box<str>, (Millis, u8)>,
    ) -> bool {
        let (since, lists) = self.older.get(held.key()).copied().unwrap_or((now, 0));
        let lists = lists.saturating_add(1);
        if lists >= OLDER_LISTS && now.since(since) >= OLDER_FOR {
            return true;
        }
        older.insert(held.key().into(), (since, lists));
        false
    }

    /// Returns true if the last list of the Edge had an older version of a held feature.
    pub(crate) fn holds_newer(&self) -> bool {
        !self.older.is_empty()
    }

    /// Returns true if a remembered delete of the feature has the version of the received state, or a later version. A missing or
    /// unreadable version counts as 0.
    fn buries(&self, state: &Identity<'_>) -> bool {
        let deleted = state.id.as_deref().and_then(|id| self.tombstones.get(id));
        deleted.is_some_and(|deleted| state.version.unwrap_or(0) <= *deleted)
    }

    fn keys(&self) -> &HashMap<Box<str>, Box<str>> {
        self.keys.get_or_init(|| self.ruleset.iter().filter_map(identity).collect())
    }

    /// Returns the keys by id for a change, which is made before that of the ruleset.
    fn keys_mut(&mut self) -> Option<&mut HashMap<Box<str>, Box<str>>> {
        self.keys();
        self.keys.get_mut()
    }

    fn remove(&mut self, key: &str) {
        if let Some(id) = self.ruleset.get(key).and_then(|feature| feature.id().map(Box::from)) {
            let id: Box<str> = id;
            self.keys_mut().map(|keys| keys.remove(&id));
        }
        self.strategies.remove(key);
        self.ruleset = self.ruleset.without([key]);
    }

    /// Returns the feature that an update concerns: the feature with the update's id, or otherwise the feature with its
    /// key. Returns `None` if neither exists.
    fn held<'a>(&self, ruleset: &'a Ruleset, state: &Identity<'_>) -> Option<FeatureRef<'a>> {
        let by_id = state.id.as_deref().and_then(|id| self.keys().get(id));
        by_id
            .and_then(|key| ruleset.get(key))
            .or_else(|| state.key.as_deref().and_then(|key| ruleset.get(key)))
    }
}

/// Returns the elements of a list that are not in the ruleset that was compiled from the list, with their positions.
fn left_out(chosen: &[&str], compiled: &Ruleset) -> Vec<(usize, Box<str>)> {
    let mut compiled = compiled.iter().peekable();
    let is_left_out = |(_, chosen): &(usize, &&str)| {
        compiled.next_if(|feature| feature.json() == **chosen).is_none()
    };
    let left_out = chosen.iter().enumerate().filter(is_left_out);
    left_out.map(|(position, chosen)| (position, (*chosen).into())).collect()
}

/// Returns true if the received state and the held feature have different ids. Returns false if either has no id.
fn is_another(state: &Identity<'_>, held: &FeatureRef<'_>) -> bool {
    state.id.as_deref().zip(held.id()).is_some_and(|(new, old)| new != old)
}

/// Returns true if the received state has a lower version than the held feature. A missing or unreadable version counts as 0. A feature
/// with another id is never older, because versions of different features cannot be compared.
fn is_older(state: &Identity<'_>, held: &FeatureRef<'_>) -> bool {
    !is_another(state, held) && state.version.unwrap_or(0) < held.version()
}

/// Returns the id and the key of a feature; `None` if the feature has no id.
fn identity(feature: FeatureRef<'_>) -> Option<(Box<str>, Box<str>)> {
    Some((feature.id()?.into(), feature.key().into()))
}

/// Returns the key of a feature and the id of the strategy that an Edge applied (the member `v`); `None` if either is missing or not a
/// text.
fn applied_strategy(parts: &Feature<'_>) -> Option<(Box<str>, Box<str>)> {
    Some((wire::text(parts.key)?.into(), wire::text(parts.applied)?.into()))
}

/// Returns the id, key and version of a held feature.
fn identity_of(held: FeatureRef<'_>) -> Identity<'_> {
    Identity {
        id: held.id().map(Cow::Borrowed),
        key: Some(Cow::Borrowed(held.key())),
        version: Some(held.version()),
    }
}
