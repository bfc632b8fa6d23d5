//! The writer of tables: it appends the rows of compiled features, and copies features from other tables.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::attributes::Name;
use crate::diagnostic::Diagnostic;
use crate::hashing::Hashing;
#[cfg(not(target_arch = "wasm32"))]
use crate::listed_text::ListedRows;
use crate::predicate::{BoxedPredicate, Moves, Predicate, Run, Text};
#[cfg(not(target_arch = "wasm32"))]
use crate::tables::NamesRead;
use crate::tables::{
    FeatureDetail, Field, Growing, Head, MovedNames, PackedDetail, Reading, Rule, Starts, Strategy,
    StrategyDetail, Tables, ValueAt, of_range,
};
#[cfg(feature = "first-row")]
use crate::tables::{Share, Slot};
use crate::value::Value;
impl Tables {
    /// Returns the tables without the features at `positions`, which must be in ascending order.
    pub(crate) fn without(&self, positions: impl IntoIterator<Item = usize> + Clone) -> Self {
        let mut writer = Writer::sharing(self, positions.clone());
        #[cfg(feature = "first-row")]
        writer.add_segments(self.segments.iter().cloned());
        let mut from = 0;
        for position in positions {
            writer.copy(self, from..position);
            from = position + 1;
        }
        writer.copy(self, from..self.heads.len());
        writer.finish()
    }
}

/// The rows of `fields` by the name of the field. A field has one row for each way in which rules read it, and nearly
/// always only one row.
type FieldRows = HashMap<Box<str>, SmallVec<[(Reading, u32); 1]>, Hashing>;

/// A writer that appends rows to tables. Rules that read the same field in the same way share a row of `fields`.
#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) tables: Tables<Growing>,
    fields: FieldRows,
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) listed_rows: ListedRows,
    /// The rows of `segments` by id.
    #[cfg(feature = "first-row")]
    slots: HashMap<Arc<str>, u32, Hashing>,
    start: Starts,
    /// The addresses of the first bytes of texts that are in `names`, with their places.
    known: SmallVec<[(usize, Run); 2]>,
}

impl Writer {
    /// Begins tables that get most features of other ones, without those at `left_out`. The tables share the message, unless less than half
    /// of it is still in use.
    pub(crate) fn sharing(from: &Tables, left_out: impl IntoIterator<Item = usize>) -> Self {
        let mut writer = Self::default();
        let size = |detail: &PackedDetail| from.names.size_in_message(detail.json());
        let left_out = left_out.into_iter().filter_map(|position| from.features.get(position));
        let left_out: usize = left_out.map(size).sum();
        let all: usize = from.features.iter().map(size).sum();
        if 2 * all.saturating_sub(left_out) >= from.names.first_own() as usize {
            writer.tables.names.share_that_of(&from.names);
        }
        writer
    }

    /// Begins the next feature. Rows that are added after this call belong to this feature.
    pub(crate) fn begin(&mut self) {
        self.start = self.tables.ends();
        self.known.clear();
    }

    /// Stores a part of the feature's JSON, and returns its place in `names`. Names that lie in the memory of this text take no further bytes.
    pub(crate) fn json(&mut self, json: &str) -> Run {
        let stored = match self.tables.names.in_message(json) {
            Some(run) => run,
            None => self.own_name(json).shifted(self.tables.names.first_own()),
        };
        self.known.push((json.as_ptr() as usize, stored));
        stored
    }

    /// Ends the feature that began with [`Self::begin`], and stores the feature's head, key, strategies, detail and diagnostics.
    pub(crate) fn end(
        &mut self,
        head: Head,
        key: Run,
        all_strategies: Run,
        detail: FeatureDetail,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let tables = &mut self.tables;
        let position = tables.heads.len();
        let end = tables.ends();
        tables.counts.push(position, self.start, end);
        let position = position as u32;
        if all_strategies != head.strategies {
            tables.all_strategies.push((position, all_strategies));
        }
        tables.heads.push(head);
        tables.keys.push(key);
        let (detail, far_id, far_version) = detail.packed(tables.names.first_own());
        tables.features.push(detail);
        tables.far_ids.extend(far_id.map(|id| (position, id)));
        tables.far_versions.extend(far_version.map(|version| (position, version)));
        if !diagnostics.is_empty() {
            tables.diagnosed.push((position, std::mem::take(diagnostics).into()));
        }
    }

    /// Removes the rows of the feature that began with [`Self::begin`]. Rows of `fields` and of `listed_texts` stay, because other features
    /// may share them.
    pub(crate) fn discard(&mut self) {
        let Self { tables, start, .. } = self;
        tables.strategies.truncate(start.strategies as usize);
        tables.details.truncate(start.strategies as usize);
        tables.rules.truncate(start.rules as usize);
        tables.texts.truncate(start.texts as usize);
        tables.heads_of_texts.truncate(start.texts as usize);
        tables.text.truncate(start.text as usize);
        #[cfg(not(target_arch = "wasm32"))]
        tables.slots.truncate(start.slots as usize);
        tables.hash_ids.truncate(start.hash_ids as usize);
        tables.names.own.truncate(start.names as usize);
        tables.boxed.truncate(start.boxed as usize);
        tables.sources.truncate(start.sources as usize);
        tables.values.truncate(start.values as usize);
        #[cfg(feature = "featbit")]
        tables.intervals.truncate(start.intervals as usize);
        #[cfg(feature = "first-row")]
        tables.named_segments.truncate(start.named_segments as usize);
        #[cfg(feature = "featuresignals")]
        tables.relations.truncate(start.relations);
    }

    /// Stores a text of a rule, and returns its range of bytes.
    pub(crate) fn text(&mut self, text: &str) -> Run {
        append(&mut self.tables.text, text)
    }

    /// Stores a name such as the id of a strategy, and returns its place in `names`.
    pub(crate) fn name(&mut self, name: &str) -> Run {
        for (address, Run { at, len }) in &self.known {
            let offset = (name.as_ptr() as usize).wrapping_sub(*address);
            if offset < *len as usize {
                let run = Run { at: at + offset as u32, len: name.len() as u32 };
                // Another text may have taken the memory since.
                if self.tables.names.text(run) == name {
                    return run;
                }
            }
        }
        self.own_name(name).shifted(self.tables.names.first_own())
    }

    /// Stores the key of a feature, and returns its range of bytes of the own texts of `names`.
    pub(crate) fn key(&mut self, key: &str) -> Run {
        let run = self.name(key);
        match run.at.checked_sub(self.tables.names.first_own()) {
            Some(at) => Run { at, ..run },
            None => self.own_name(key),
        }
    }

    /// Appends a text, and returns its range of bytes of the own texts of `names`.
    fn own_name(&mut self, text: &str) -> Run {
        self.reserve_names(text);
        append(&mut self.tables.names.own, text)
    }

    /// Makes room for a text. A large table does not double, since it is mostly the payload once more.
    fn reserve_names(&mut self, text: &str) {
        let names = &mut self.tables.names.own;
        if names.capacity() - names.len() < text.len() {
            names.reserve_exact(text.len().max(names.len() / 4).max(64));
        }
    }

    /// Stores an id from which buckets are computed, and returns its range of bytes.
    pub(crate) fn hash_id(&mut self, id: &str) -> Run {
        append(&mut self.tables.hash_ids, id)
    }

    pub(crate) fn value(&mut self, value: Value) -> ValueAt {
        match value {
            Value::Bool(true) => ValueAt::TRUE,
            Value::Bool(false) => ValueAt::FALSE,
            value => {
                self.tables.values.push(value);
                ValueAt(self.tables.values.len() as u32 - 1)
            }
        }
    }

    pub(crate) fn boxed(&mut self, boxed: BoxedPredicate) -> Predicate {
        self.tables.boxed.push(Arc::new(boxed));
        Predicate::Boxed(self.tables.boxed.len() as u32 - 1)
    }

    pub(crate) fn source(&mut self, fields: Arc<[Field]>) -> u32 {
        self.tables.sources.push(fields);
        self.tables.sources.len() as u32
    }

    /// Returns the row of the field with this name and this reading. If there is no such row, it is added.
    pub(crate) fn field(&mut self, name: &str, reading: Reading) -> u32 {
        if let Some(rows) = self.fields.get(name)
            && let Some((_, row)) = rows.iter().find(|(known, _)| *known == reading)
        {
            return *row;
        }
        let row = self.tables.fields.len() as u32;
        self.tables.fields.push(Field { name: Name::of(name), text: name.into(), reading });
        self.fields.entry(name.into()).or_default().push((reading, row));
        row
    }

    /// Appends the features at the positions `range` of other tables. Rows refer to each other by position, so each
    /// reference is shifted by the distance between the old and the new position of its row. References to fields are
    /// looked up by name.
    pub(crate) fn copy(&mut self, from: &Tables, range: Range<usize>) {
        let here = self.tables.ends();
        let position = self.tables.heads.len();
        if self.tables.names.have_message_of(&from.names) {
            self.copy_rows(from, range.clone(), 0);
            return self.tables.counts.copy(&from.counts, range, position, here);
        }
        // The JSON of each feature is copied from the message.
        for feature in range {
            let start = self.tables.ends();
            let json = from.features.get(feature).map(|detail| detail.json()).unwrap_or_default();
            let is_part = from.names.size_in_message(json) > 0;
            let copy = self.own_name(if is_part { from.names.text(json) } else { "" });
            let to = copy.shifted(self.tables.names.first_own());
            self.copy_rows(from, feature..feature + 1, to.at.wrapping_sub(json.at));
            let (position, end) = (self.tables.heads.len() - 1, self.tables.ends());
            self.tables.counts.push(position, start, end);
        }
    }

    /// Appends features without the numbers of their rows. `message` is the distance by which their texts in a message have moved.
    fn copy_rows(&mut self, from: &Tables, range: Range<usize>, message: u32) {
        let (start, end) = (from.starts(range.start), from.starts(range.end));
        let here = self.tables.ends();
        let position = self.tables.heads.len();
        let mut fields: Vec<Option<u32>> = vec![None; from.fields.len()];
        let rules = rows(&from.rules, start.rules, end.rules);
        let mut copied = Vec::with_capacity(rules.len());
        for rule in rules {
            let field = match fields.get(rule.field as usize).copied().flatten() {
                Some(field) => field,
                None => {
                    let field = from.fields.get(rule.field as usize);
                    let row = field.map_or(0, |field| self.field(&field.text, field.reading));
                    if let Some(slot) = fields.get_mut(rule.field as usize) {
                        *slot = Some(row);
                    }
                    row
                }
            };
            let predicate = rule.predicate.moved(&Moves {
                texts: here.texts.wrapping_sub(start.texts),
                #[cfg(not(target_arch = "wasm32"))]
                slots: here.slots.wrapping_sub(start.slots),
                boxed: here.boxed.wrapping_sub(start.boxed),
                #[cfg(feature = "first-row")]
                named_segments: here.named_segments.wrapping_sub(start.named_segments),
            });
            copied.push(Rule { predicate, field });
        }
        #[cfg(not(target_arch = "wasm32"))]
        self.copy_slots(rows(&from.slots, start.slots, end.slots), from);
        let tables = &mut self.tables;
        tables.rules.append(&mut copied);
        let by = here.text.wrapping_sub(start.text);
        tables.text.push_str(part(&from.text, start.text, end.text));
        tables.hash_ids.push_str(part(&from.hash_ids, start.hash_ids, end.hash_ids));
        tables.names.own.push_str(part(&from.names.own, start.names, end.names));
        let own = here.names.wrapping_sub(start.names);
        let first_own = from.names.first_own();
        let names = &MovedNames {
            first_own,
            message,
            own: own.wrapping_add(tables.names.first_own()).wrapping_sub(first_own),
        };
        let hash_ids = here.hash_ids.wrapping_sub(start.hash_ids);
        let texts = rows(&from.texts, start.texts, end.texts);
        tables
            .texts
            .extend(texts.iter().map(|text| Text { at: text.at.wrapping_add(by), ..*text }));
        let heads = rows(&from.heads_of_texts, start.texts, end.texts);
        tables.heads_of_texts.extend_from_slice(heads);
        let details = rows(&from.details, start.strategies, end.strategies);
        tables.details.extend(details.iter().map(|detail| StrategyDetail {
            id: detail.id.map(|id| id.moved(names)),
            #[cfg(feature = "first-row")]
            name: detail.name.map(|name| name.moved(names)),
            #[cfg(feature = "first-row")]
            variant: detail.variant.map(|variant| variant.moved(names)),
            ..*detail
        }));
        let (values, sources) =
            (here.values.wrapping_sub(start.values), here.sources.wrapping_sub(start.sources));
        let strategies = rows(&from.strategies, start.strategies, end.strategies);
        tables.strategies.extend(strategies.iter().map(|strategy| Strategy {
            rules: strategy.rules.shifted(here.rules.wrapping_sub(start.rules)),
            value: strategy.value.shifted(values),
            #[cfg(feature = "first-row")]
            limit: moved_limit(strategy, &start, &here),
            source: if strategy.source == 0 { 0 } else { strategy.source.wrapping_add(sources) },
            ..*strategy
        }));
        tables.values.extend_from_slice(rows(&from.values, start.values, end.values));
        tables.boxed.extend_from_slice(rows(&from.boxed, start.boxed, end.boxed));
        tables.sources.extend_from_slice(rows(&from.sources, start.sources, end.sources));
        #[cfg(feature = "featbit")]
        tables.intervals.extend_from_slice(rows(&from.intervals, start.intervals, end.intervals));
        #[cfg(feature = "first-row")]
        self.copy_named_segments(
            rows(&from.named_segments, start.named_segments, end.named_segments),
            from,
        );
        let tables = &mut self.tables;
        #[cfg(feature = "featuresignals")]
        tables.relations.copy(&from.relations, start.relations, end.relations, names);
        let moved = here.strategies.wrapping_sub(start.strategies);
        let heads = from.heads.get(range.clone()).unwrap_or_default();
        tables.heads.extend(heads.iter().map(|head| Head {
            strategies: head.strategies.shifted(moved),
            hash_id: head.hash_id.shifted(hash_ids),
            value: head.value.shifted(values),
            ..*head
        }));
        let keys = from.keys.get(range.clone()).unwrap_or_default();
        tables.keys.extend(keys.iter().map(|key| key.shifted(own)));
        let features = from.features.get(range.clone()).unwrap_or_default();
        tables.features.extend(features.iter().map(|detail| detail.moved(names)));
        let features = (range.start, range.end);
        let all = of_range(&from.all_strategies, features, position);
        tables.all_strategies.extend(all.map(|(feature, run)| (feature, run.shifted(moved))));
        let ids = of_range(&from.far_ids, features, position);
        tables.far_ids.extend(ids.map(|(feature, id)| (feature, names.moved(*id))));
        let versions = of_range(&from.far_versions, features, position);
        tables.far_versions.extend(versions.map(|(feature, version)| (feature, *version)));
        let diagnosed = of_range(&from.diagnosed, features, position);
        tables.diagnosed.extend(diagnosed.map(|(feature, row)| (feature, Arc::clone(row))));
    }

    /// Adds slots, whose ids have none yet.
    #[cfg(feature = "first-row")]
    pub(crate) fn add_segments(&mut self, slots: impl IntoIterator<Item = Slot>) {
        for slot in slots {
            let row = self.tables.segments.len() as u32;
            self.slots.insert(Arc::clone(&slot.id), row);
            self.tables.segments.push(slot);
        }
    }

    /// Returns true if a slot has no segment.
    #[cfg(feature = "featuresignals")]
    pub(crate) fn is_empty_slot(&self, row: u32) -> bool {
        self.tables.segments.get(row as usize).is_none_or(|slot| slot.segment.is_none())
    }

    /// Returns the row of the slot with this id. If there is no such slot, an empty one is added.
    #[cfg(feature = "first-row")]
    pub(crate) fn slot(&mut self, id: &str) -> u32 {
        if let Some(row) = self.slots.get(id) {
            return *row;
        }
        let row = self.tables.segments.len() as u32;
        self.add_segments([Slot { id: id.into(), segment: None }]);
        row
    }

    /// Appends names of segments. Segments are found by their ids.
    #[cfg(feature = "first-row")]
    fn copy_named_segments(&mut self, named: &[u32], from: &Tables) {
        for row in named {
            let id = from.segments.get(*row as usize).map(|slot| Arc::clone(&slot.id));
            let slot = self.slot(id.as_deref().unwrap_or_default());
            self.tables.named_segments.push(slot);
        }
    }

    /// Returns the finished tables.
    pub(crate) fn finish(self) -> Tables {
        let tables = self.tables;
        #[cfg(feature = "featuresignals")]
        let tables = tables.with_resolved_relations();
        #[cfg(not(target_arch = "wasm32"))]
        let names_read = NamesRead::of(&tables);
        Tables {
            #[cfg(not(target_arch = "wasm32"))]
            names_read,
            heads: tables.heads.into(),
            strategies: tables.strategies.into(),
            rules: tables.rules.into(),
            heads_of_texts: tables.heads_of_texts.into(),
            texts: tables.texts.into(),
            text: tables.text.into(),
            #[cfg(not(target_arch = "wasm32"))]
            slots: tables.slots.into(),
            #[cfg(not(target_arch = "wasm32"))]
            listed_texts: tables.listed_texts.into(),
            #[cfg(not(target_arch = "wasm32"))]
            listed_bytes: tables.listed_bytes.into(),
            hash_ids: tables.hash_ids.into(),
            fields: tables.fields.into(),
            boxed: tables.boxed.into(),
            sources: tables.sources.into(),
            values: tables.values.into(),
            #[cfg(feature = "featbit")]
            intervals: tables.intervals.into(),
            #[cfg(feature = "first-row")]
            named_segments: tables.named_segments.into(),
            #[cfg(feature = "first-row")]
            segments: tables.segments.into(),
            #[cfg(feature = "featuresignals")]
            relations: tables.relations.finish(),
            names: tables.names.finish(),
            details: tables.details.into(),
            keys: tables.keys.into(),
            counts: tables.counts.finish(),
            features: tables.features.into(),
            all_strategies: tables.all_strategies.into(),
            far_ids: tables.far_ids.into(),
            far_versions: tables.far_versions.into(),
            diagnosed: tables.diagnosed.into(),
        }
    }
}

/// Returns the limit of a copied strategy, whose rows were between `from` and the next ones, and are at `to` now.
#[cfg(feature = "first-row")]
fn moved_limit(strategy: &Strategy, from: &Starts, to: &Starts) -> i32 {
    let (from, to) = match strategy.share {
        #[cfg(feature = "featbit")]
        Share::Whole | Share::Within => (from.intervals, to.intervals),
        #[cfg(feature = "featuresignals")]
        Share::Expired => (from.relations.expiries, to.relations.expiries),
        #[cfg(feature = "featuresignals")]
        Share::LostGroup => (from.relations.memberships, to.relations.memberships),
        #[cfg(feature = "featuresignals")]
        Share::FailedPrerequisite => (from.relations.prerequisites, to.relations.prerequisites),
        _ => return strategy.limit,
    };
    strategy.limit.wrapping_add_unsigned(to.wrapping_sub(from))
}

fn append(pool: &mut String, text: &str) -> Run {
    let at = pool.len() as u32;
    pool.push_str(text);
    Run { at, len: text.len() as u32 }
}

fn part(pool: &str, start: u32, end: u32) -> &str {
    pool.get(start as usize..end as usize).unwrap_or_default()
}

fn rows<T>(table: &[T], start: u32, end: u32) -> &[T] {
    table.get(start as usize..end as usize).unwrap_or_default()
}
