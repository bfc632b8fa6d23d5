//! The flags and segments that a client has received.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use fh_eval::featbit::{Compiler, Document, Profile};
use fh_eval::internal::featbit::segments as compiled_segments;
use fh_eval::internal::featbit::{Part, compile_accepted};
use fh_eval::internal::{Json, Token, Tree};
use fh_eval::{Consequence, Diagnostic, DiagnosticKind, Ruleset, Timestamp};
use serde_json::value::RawValue;

use super::message::{Event, Sync};
use crate::ignored::Ignored;

/// Number of changed flags above which a patch compiles all flags again, because each single change copies the tables of all flags.
const MANY_CHANGES: usize = 16;

/// Flags by their keys and segments by their ids, with the versions of archived flags, which are hidden.
pub struct Store {
    compiler: Compiler,
    flags: HashMap<Arc<str>, Flag>,
    /// The keys of flags by their ids. A flag that comes back with another key replaces the former one.
    keys: HashMap<Arc<str>, Arc<str>>,
    segments: HashMap<Arc<str>, Segment>,
    /// The version of the newest flag or segment; 0 if there is none.
    newest: i64,
    ruleset: Ruleset,
}

/// Flags and segments may hold the keys of users, so that only their numbers are shown.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("flags", &self.flags.len())
            .field("segments", &self.segments.len())
            .field("cursor", &self.cursor())
            .finish()
    }
}

struct Flag {
    version: i64,
    id: Option<Arc<str>>,
    is_archived: bool,
}

struct Segment {
    version: i64,
    /// The JSON of a segment that is not among the compiled ones of the ruleset, because it is archived or cannot be compiled.
    json: Option<Arc<str>>,
}

/// The result of applying a message.
#[derive(Debug, Default)]
pub struct Applied {
    /// True if a flag or a segment may have changed.
    pub is_changed: bool,
    /// True if a patch holds an older version of a flag or a segment than the store.
    pub has_older: bool,
    /// The lowest version in the message; `None` if no flag and no segment can be read.
    pub oldest: Option<i64>,
    /// True if a part of the message could not be read.
    pub is_broken: bool,
    /// The reasons why parts of the message had no effect.
    pub(crate) ignored: Ignored,
}

impl Applied {
    /// Returns the reasons why parts of the message had no effect.
    pub fn reasons(self) -> impl Iterator<Item = String> {
        self.ignored.into_texts()
    }
}

/// The members of a flag or a segment that the store needs.
struct Entity<'a> {
    raw: &'a RawValue,
    /// The key of a flag, or the id of a segment.
    name: Arc<str>,
    id: Option<Arc<str>>,
    version: i64,
    is_archived: bool,
}

impl Store {
    /// Creates an empty store, whose flags are evaluated by this profile.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            compiler: Compiler::new(profile),
            flags: HashMap::new(),
            keys: HashMap::new(),
            segments: HashMap::new(),
            newest: 0,
            ruleset: Ruleset::default(),
        }
    }

    /// Returns the flags that are not archived, with the segments.
    #[must_use]
    pub const fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// Returns true if there is no flag and no segment to serve.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ruleset.is_empty() && self.segments.is_empty()
    }

    /// Returns the version of the newest flag or segment in milliseconds; 0 if there is none. The next request asks for what is newer.
    #[must_use]
    pub const fn cursor(&self) -> i64 {
        self.newest
    }

    /// Returns the version of a flag, also of an archived one.
    #[must_use]
    pub fn flag_version(&self, key: &str) -> Option<i64> {
        self.flags.get(key).map(|flag| flag.version)
    }

    /// Returns the version of a segment.
    #[must_use]
    pub fn segment_version(&self, id: &str) -> Option<i64> {
        self.segments.get(id).map(|segment| segment.version)
    }

    /// Applies a message. A full message replaces everything. A patch replaces what is older, and an entity that cannot be read keeps its
    /// former state.
    pub fn apply(&mut self, sync: &Sync<'_>) -> Applied {
        let mut applied = Applied::default();
        applied.ignored.count_further(sync.further);
        let (mut flags, mut segments) =
            (Entities::of("flag", "key"), Entities::of("segment", "id"));
        match sync.event {
            Event::Full => {
                // Each flag and each segment is read once, for the store and for the ruleset.
                let document = Document {
                    flags: sync.flags.clone(),
                    segments: sync.segments.clone(),
                    further: 0,
                };
                let ruleset = compile_accepted(self.compiler, &document, &mut |part, at, json| {
                    let (entities, list) = match part {
                        Part::Flag => (&mut flags, &sync.flags),
                        Part::Segment => (&mut segments, &sync.segments),
                    };
                    list.get(at).is_some_and(|raw| entities.read(at, raw, json))
                });
                applied.oldest = oldest(&flags, &segments);
                let (flags, segments) = (flags.take(&mut applied), segments.take(&mut applied));
                self.replace(ruleset, flags, segments);
                applied.is_changed = true;
            }
            Event::Patch => {
                for (entities, list) in [(&mut flags, &sync.flags), (&mut segments, &sync.segments)]
                {
                    for (at, raw) in list.iter().enumerate() {
                        entities.read(at, raw, Tree::of(raw).json());
                    }
                }
                applied.oldest = oldest(&flags, &segments);
                let (flags, segments) = (flags.take(&mut applied), segments.take(&mut applied));
                self.patch(flags, segments, &mut applied);
            }
        }
        applied.is_broken = applied.ignored.count() > 0;
        let left_out = if sync.event == Event::Full { self.left_out() } else { 0 };
        if left_out > 0 {
            applied.ignored.add(|| {
                format!(
                    "{left_out} flags or segments that have members of a wrong type: the diagnostics of the client and `fh lint` show them"
                )
            });
        }
        applied
    }

    /// Replaces everything by a ruleset of these flags and segments. Those that cannot be compiled have left diagnostics in it.
    fn replace(&mut self, ruleset: Ruleset, flags: Vec<Entity<'_>>, segments: Vec<Entity<'_>>) {
        let count = flags.len() + segments.len();
        let (flags, segments) = (last_of_each(flags), last_of_each(segments));
        self.ruleset = ruleset;
        if flags.len() + segments.len() < count {
            self.ruleset = self.compiler.compile(&Document {
                flags: flags.iter().map(|flag| flag.raw).collect(),
                segments: segments.iter().map(|segment| segment.raw).collect(),
                further: 0,
            });
        }
        self.flags.clear();
        self.keys.clear();
        self.segments.clear();
        self.newest = 0;
        for flag in &flags {
            if flag.is_archived || self.ruleset.get(&flag.name).is_some() {
                self.remember(flag);
            }
        }
        let ruleset = self.ruleset.clone();
        let compiled: HashSet<&str> = compiled_segments(&ruleset).map(|(id, _)| id).collect();
        for segment in &segments {
            self.remember_segment(segment, compiled.contains(&*segment.name));
        }
    }

    /// Returns the number of flags and segments that were read and cannot be compiled.
    fn left_out(&self) -> usize {
        let is_left_out = |diagnostic: &&Diagnostic| {
            let consequences = [Consequence::FlagLeftOut, Consequence::SegmentLeftOut];
            consequences.contains(&diagnostic.consequence)
                && diagnostic.problem != DiagnosticKind::DuplicateKey
        };
        self.ruleset.diagnostics().filter(is_left_out).count()
    }

    fn patch(&mut self, flags: Vec<Entity<'_>>, segments: Vec<Entity<'_>>, applied: &mut Applied) {
        for segment in segments {
            let known = self.segments.get(&segment.name);
            if known.is_some_and(|known| known.version >= segment.version) {
                applied.has_older |= known.is_some_and(|known| known.version > segment.version);
                continue;
            }
            match self.compiler.segment(segment.raw) {
                Ok(compiled) => {
                    self.ruleset = self.ruleset.with_segment(&segment.name, Some(&compiled));
                    let is_compiled =
                        compiled_segments(&self.ruleset).any(|(id, _)| *id == *segment.name);
                    self.remember_segment(&segment, is_compiled);
                    applied.is_changed = true;
                }
                Err(why) => applied.ignored.add_diagnostic(&why),
            }
        }
        let is_newer = |flag: &Entity<'_>| {
            self.flags.get(&flag.name).is_none_or(|known| known.version < flag.version)
        };
        let many = flags.iter().filter(|flag| is_newer(flag)).count() > MANY_CHANGES;
        let mut compiled: HashMap<Arc<str>, &RawValue> = HashMap::new();
        for flag in flags {
            // An earlier record of the same patch may be newer, or may have freed the key.
            let known = self.flags.get(&flag.name);
            if known.is_some_and(|known| known.version >= flag.version) {
                applied.has_older |= known.is_some_and(|known| known.version > flag.version);
                continue;
            }
            let former = self.renamed(&flag);
            // A record of the flag's time under its former key.
            if former
                .as_ref()
                .and_then(|former| self.flags.get(former))
                .is_some_and(|known| known.version >= flag.version)
            {
                applied.has_older = true;
                continue;
            }
            let change = match self.compiler.flag(flag.raw) {
                Ok(change) => change,
                Err(why) => {
                    applied.ignored.add_diagnostic(&why);
                    continue;
                }
            };
            applied.is_changed = true;
            if let Some(former) = former {
                self.flags.remove(&former);
                self.ruleset = self.ruleset.without([&*former]);
                compiled.remove(&former);
            }
            match change {
                None => {
                    self.ruleset = self.ruleset.without([&*flag.name]);
                    compiled.remove(&flag.name);
                }
                Some(_) if many => {
                    compiled.insert(Arc::clone(&flag.name), flag.raw);
                }
                Some(feature) => self.ruleset = self.ruleset.with(&feature),
            }
            self.remember(&flag);
        }
        if !compiled.is_empty() {
            self.compile_again(compiled);
        }
    }

    /// Compiles all flags again, with these in place of the former ones.
    fn compile_again(&mut self, mut changed: HashMap<Arc<str>, &RawValue>) {
        let former = self.ruleset.clone();
        let mut flags: Vec<&RawValue> = Vec::with_capacity(former.len() + changed.len());
        for feature in former.iter() {
            let raw = changed.remove(feature.key());
            flags.extend(raw.or_else(|| serde_json::from_str(feature.json()).ok()));
        }
        flags.extend(changed.into_values());
        let hidden = self.segments.values().filter_map(|segment| segment.json.as_deref());
        let segments = compiled_segments(&former).map(|(_, json)| json).chain(hidden);
        let segments = segments.filter_map(|json| serde_json::from_str(json).ok()).collect();
        self.ruleset = self.compiler.compile(&Document { flags, segments, further: 0 });
    }

    /// Returns the former key of a flag whose id is known under another key.
    fn renamed(&self, flag: &Entity<'_>) -> Option<Arc<str>> {
        let former = self.keys.get(flag.id.as_ref()?)?;
        (*former != flag.name).then(|| Arc::clone(former))
    }

    fn remember(&mut self, flag: &Entity<'_>) {
        self.newest = self.newest.max(flag.version);
        let former = self.flags.insert(
            Arc::clone(&flag.name),
            Flag { version: flag.version, id: flag.id.clone(), is_archived: flag.is_archived },
        );
        // A flag that was deleted and made again has another id.
        if let Some(id) = former.and_then(|former| former.id)
            && self.keys.get(&id) == Some(&flag.name)
        {
            self.keys.remove(&id);
        }
        if let Some(id) = &flag.id {
            self.keys.insert(Arc::clone(id), Arc::clone(&flag.name));
        }
    }

    fn remember_segment(&mut self, segment: &Entity<'_>, is_compiled: bool) {
        self.newest = self.newest.max(segment.version);
        let json = (!is_compiled).then(|| segment.raw.get().into());
        self.segments.insert(Arc::clone(&segment.name), Segment { version: segment.version, json });
    }

    /// Returns true if the flag is known and archived.
    #[must_use]
    pub fn is_archived(&self, key: &str) -> bool {
        self.flags.get(key).is_some_and(|flag| flag.is_archived)
    }
}

/// Removes the entities that a later one with the same name replaces.
fn last_of_each(entities: Vec<Entity<'_>>) -> Vec<Entity<'_>> {
    let last: HashMap<Arc<str>, usize> = entities
        .iter()
        .enumerate()
        .map(|(position, entity)| (Arc::clone(&entity.name), position))
        .collect();
    let is_last =
        |(position, entity): &(usize, Entity<'_>)| last.get(&entity.name) == Some(position);
    entities.into_iter().enumerate().filter(is_last).map(|(_, entity)| entity).collect()
}

/// Returns the lowest version of flags and segments.
fn oldest(flags: &Entities<'_>, segments: &Entities<'_>) -> Option<i64> {
    flags.read.iter().chain(&segments.read).map(|entity| entity.version).min()
}

/// The flags or the segments of a message, and the reasons why some cannot be read.
struct Entities<'a> {
    noun: &'static str,
    /// The member with the name of an entity.
    name: &'static str,
    read: Vec<Entity<'a>>,
    ignored: Ignored,
}

impl<'a> Entities<'a> {
    fn of(noun: &'static str, name: &'static str) -> Self {
        Self { noun, name, read: Vec::new(), ignored: Ignored::default() }
    }

    /// Reads an entity. One that cannot be read is left out, and the result is false.
    fn read(&mut self, at: usize, raw: &'a RawValue, json: Json<'_>) -> bool {
        match entity(raw, json, self.name) {
            Ok(entity) => self.read.push(entity),
            Err(why) => {
                self.ignored.add(|| format!("{} {}: {why}", self.noun, at + 1));
                return false;
            }
        }
        true
    }

    /// Returns the entities, and moves the reasons to the result of a message.
    fn take(self, applied: &mut Applied) -> Vec<Entity<'a>> {
        applied.ignored.append(self.ignored);
        self.read
    }
}

fn entity<'a>(raw: &'a RawValue, json: Json<'_>, name: &str) -> Result<Entity<'a>, &'static str> {
    let members = json.members().ok_or("it is no object")?;
    let (mut key, mut id, mut updated, mut is_archived) = (None, None, None, false);
    for (member, value) in members {
        let text = || match value.token() {
            Token::Text(text) => Some(text),
            _ => None,
        };
        if member == name {
            key = text();
        }
        match &*member {
            "id" => id = text(),
            "updatedAt" => updated = text(),
            "isArchived" => is_archived = value.token() == Token::Bool(true),
            _ => {}
        }
    }
    let key = key.ok_or("it has no text `key` or `id`")?;
    let updated = updated.ok_or("it has no time `updatedAt`")?;
    let updated: Timestamp =
        updated.parse().map_err(|_| "its time `updatedAt` is not in RFC 3339")?;
    Ok(Entity {
        raw,
        name: key.as_ref().into(),
        id: id.map(|id| id.as_ref().into()),
        version: updated.as_millis(),
        is_archived,
    })
}

#[cfg(test)]
mod tests;
