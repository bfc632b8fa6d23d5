//! Features into the repository, and from there to the readers.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::Session;
use crate::action::{Action, Cause, Publication, RawKind, RawUpdate};
use crate::planted::planted;
use crate::repository::{Answered, Authority, Effect, read_answer, read_list, read_one};
use crate::rules::Source;
use crate::status::{Notice, Problem};

impl Session {
    /// The body of a poll. What was odd about it comes back.
    pub(super) fn apply_answer(&mut self, body: &str) -> Result<Option<Problem>, Problem> {
        let answered = read_answer(body).map_err(Problem::Malformed)?;
        if answered.is_empty() {
            if planted!(NoEnvironmentsEmpties) {
                let id = self.repository.first_id();
                let effect = self.repository.list(&id, &[], Authority::Edge);
                self.received(Source::Polling, effect);
                return Ok(None);
            }
            // Failed until the first list, and nothing lost afterwards; asking goes on (D-68).
            self.failed |= !self.contacted;
            return Err(Problem::NoEnvironments);
        }
        let mut effect = Effect::None;
        let mut doubt = None;
        let several = self.config.keys.are_several() || answered.len() > 1;
        for environment in &answered {
            let named = environment.id.as_deref().filter(|_| several).map(Arc::from);
            let id = named.unwrap_or_else(|| self.repository.first_id());
            match self.usable(&id, environment) {
                Some(features) => {
                    effect = effect.max(self.repository.list(&id, features, Authority::Edge));
                }
                None => doubt = Some(Problem::EmptyList),
            }
        }
        self.received(Source::Polling, effect);
        let environment = (!several).then(|| self.repository.first_id());
        self.raw(Source::Polling, environment, RawKind::List, body);
        Ok(doubt)
    }

    /// The features of an entry; `None` if the entry is one of an Edge in trouble (D-60).
    fn usable<'b>(&self, id: &str, entry: &'b Answered<'b>) -> Option<&'b [&'b RawValue]> {
        let features = entry.features.as_deref()?;
        let lenient = self.config.keys.are_several() || !self.evaluates_here();
        let doubtful = features.is_empty() && lenient && self.repository.holds(id);
        (!doubtful || planted!(EmptyListEmpties)).then_some(features)
    }

    /// The data of a stream's `features` event.
    pub(super) fn apply_list(&mut self, data: &str) -> Result<Option<Problem>, Problem> {
        let features = read_list(data).map_err(Problem::Malformed)?;
        let id = self.repository.first_id();
        let entry = Answered { id: None, features: Some(features) };
        let (effect, doubt) = match self.usable(&id, &entry) {
            Some(features) => (self.repository.list(&id, features, Authority::Edge), None),
            None => (Effect::None, Some(Problem::EmptyList)),
        };
        self.received(Source::Streaming, effect);
        self.raw(Source::Streaming, Some(id), RawKind::List, data);
        Ok(doubt)
    }

    /// The data of a stream's `feature` or `delete_feature` event.
    pub(super) fn apply_one(&mut self, kind: RawKind, data: &str) -> Result<(), String> {
        let raw = read_one(data)?;
        let id = self.repository.first_id();
        let effect = match kind {
            RawKind::Delete => self.repository.delete(&id, raw)?,
            RawKind::List | RawKind::Feature => self.repository.feature(&id, raw)?,
        };
        if self.listed && effect != Effect::None {
            self.status.updated = Some(self.now);
            self.status.source = Some(Source::Streaming);
            self.serve(effect);
        }
        self.raw(Source::Streaming, Some(id), kind, data);
        Ok(())
    }

    /// A list from somewhere else than the Edge.
    pub(super) fn stored(&mut self, source: &Source, environment: &Arc<str>, bytes: &[u8]) {
        let listed = std::str::from_utf8(bytes)
            .map_err(|why| why.to_string())
            .and_then(|text| Ok((text, read_list(text)?)));
        match listed {
            Err(why) => self.ignored(source, why),
            Ok((text, features)) => {
                let effect = self.repository.list(environment, &features, Authority::Store);
                self.take_stored(source, effect);
                let id = Some(Arc::clone(environment));
                self.raw(source.clone(), id, RawKind::List, text);
            }
        }
    }

    /// One feature from a store.
    pub(super) fn stored_feature(&mut self, source: &Source, environment: &Arc<str>, bytes: &[u8]) {
        let applied = std::str::from_utf8(bytes)
            .map_err(|why| why.to_string())
            .and_then(|text| Ok((text, read_one(text)?)))
            .and_then(|(text, raw)| Ok((text, self.repository.feature(environment, raw)?)));
        match applied {
            Err(why) => self.ignored(source, why),
            Ok((text, effect)) => {
                if self.listed && effect != Effect::None {
                    self.serve(effect);
                }
                let id = Some(Arc::clone(environment));
                self.raw(source.clone(), id, RawKind::Feature, text);
            }
        }
    }

    fn ignored(&mut self, source: &Source, why: String) {
        let source = source.clone();
        self.actions.push_back(Action::Notice(Notice::StoreIgnored { source, why }));
    }

    /// A store's list makes ready, but is no contact with the Edge (D-68).
    fn take_stored(&mut self, source: &Source, effect: Effect) {
        if self.listed && effect == Effect::None {
            return;
        }
        self.status.updated.get_or_insert(self.now);
        self.status.source = Some(source.clone());
        self.serve(effect);
        self.failed = false;
    }

    /// The Edge has sent a list.
    fn received(&mut self, source: Source, effect: Effect) {
        self.contacted = true;
        self.failed = false;
        self.status.updated = Some(self.now);
        self.status.source = Some(source);
        let first = !self.listed || std::mem::take(&mut self.switching);
        if first {
            self.listed = false;
        }
        if first || effect != Effect::None {
            self.serve(effect);
        }
    }

    /// Publishes what the repository holds.
    pub(super) fn serve(&mut self, effect: Effect) {
        let cause = match (self.listed, effect) {
            (false, _) => Cause::First,
            (true, Effect::Seen) => Cause::Change,
            (true, Effect::Unseen | Effect::None) => Cause::Unseen,
        };
        self.listed = true;
        let context = (!self.evaluates_here()).then(|| Arc::clone(&self.context));
        let actions = &mut self.actions;
        let rules =
            self.repository.rules(context, &mut |notice| actions.push_back(Action::Notice(notice)));
        actions.push_back(Action::Publish(Publication { rules: Arc::new(rules), cause }));
    }

    fn raw(&mut self, source: Source, environment: Option<Arc<str>>, kind: RawKind, json: &str) {
        let json = json.into();
        self.actions.push_back(Action::Raw(RawUpdate { source, environment, kind, json }));
    }
}
