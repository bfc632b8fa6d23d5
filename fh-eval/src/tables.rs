//! Where compiled features lie: flat rows, feature after feature, so that evaluating all of them reads memory from front
//! to back instead of chasing a pointer per feature (D-48). A single compiled feature is the same tables with one row of heads.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::attributes::{Name, same};
use crate::bucket::Encoding;
use crate::diagnostic::Diagnostic;
use crate::predicate::{Predicate, Rare, Run, Text};
use crate::value::{Kind, Value};

#[derive(Debug, Default)]
pub(crate) struct Tables {
    // What every evaluation reads.
    pub(crate) heads: Vec<Head>,
    pub(crate) strategies: Vec<Strategy>,
    pub(crate) rules: Vec<Rule>,
    /// Row for row the first eight bytes of `texts`.
    pub(crate) heads_of_texts: Vec<u64>,
    pub(crate) texts: Vec<Text>,
    /// Texts of rules.
    pub(crate) text: String,
    /// Ids that percentages hash.
    pub(crate) hash_ids: String,
    // What some evaluations read.
    pub(crate) fields: Vec<Field>,
    pub(crate) rare: Vec<Arc<Rare>>,
    pub(crate) sources: Vec<Arc<[Field]>>,
    pub(crate) values: Vec<Value>,
    // What only answers and explanations read; `details` has a row a strategy, the others a row a feature.
    /// Keys of features and ids of strategies.
    pub(crate) names: String,
    pub(crate) details: Vec<StrategyDetail>,
    pub(crate) spans: Vec<Spans>,
    pub(crate) features: Vec<Arc<FeatureDetail>>,
}

/// The hot part of a feature.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    /// Strategies that can match.
    pub(crate) strategies: Run,
    /// The id that percentages hash, in `hash_ids`.
    pub(crate) hash_id: Run,
    pub(crate) value: ValueAt,
    /// The attribute that goes before `userkey` as percentage key.
    pub(crate) session: Name,
    pub(crate) mode: Mode,
    pub(crate) kind: Option<Kind>,
    pub(crate) encoding: Encoding,
}

/// Which path the evaluator takes, decided when compiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// No strategies at all.
    Static,
    /// Strategies with one percentage key among them at most: cumulative limits are constants.
    OneKey,
    /// The same with many rules: attributes are looked up once.
    OneKeyManyRules,
    /// Several percentage keys, which may turn out to be the same text and then share a base.
    SeveralKeys,
}

/// Where a value is: booleans need no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValueAt(u32);

impl ValueAt {
    pub(crate) const NONE: Self = Self(u32::MAX);
    pub(crate) const FALSE: Self = Self(u32::MAX - 1);
    pub(crate) const TRUE: Self = Self(u32::MAX - 2);

    fn shifted(self, by: u32) -> Self {
        if self.0 >= Self::TRUE.0 { self } else { Self(self.0.wrapping_add(by)) }
    }
}

/// How a strategy takes part in percentages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// It has no percentage.
    None,
    /// It has one and no rules: it stacks on those before it.
    Stacked,
    /// It has one beside its rules: it stands alone.
    Alone,
    /// Some part of the strategy could not be read: it never matches.
    Unusable,
}

/// The hot part of a strategy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strategy {
    /// Largest bucket that is in, where the feature has one percentage key.
    pub(crate) limit: i32,
    pub(crate) rules: Run,
    pub(crate) value: ValueAt,
    /// 0 is the default percentage key, else a row of `sources` and one.
    pub(crate) source: u32,
    pub(crate) share: Share,
}

/// The cold part of a strategy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StrategyDetail {
    pub(crate) id: Option<Run>,
    /// The percentage as it was written, as far as it fits.
    pub(crate) percentage: i64,
    /// Position in the payload's list.
    pub(crate) position: u32,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) predicate: Predicate,
    pub(crate) field: u32,
}

/// An attribute that rules read.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: Name,
    pub(crate) text: Arc<str>,
    pub(crate) reading: Reading,
}

/// How rules read an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Any of its values may make a rule hold.
    Plain,
    /// Only the first value counts: the next one would never be looked at, because on the first the server
    /// has matched or raised an error (profile `edge`).
    FirstOnly,
    /// If it is missing, today (evaluation 2.6, step 2).
    Date,
    /// If it is missing, the moment, with `Z`.
    Instant,
    /// If it is missing, the moment without an offset, as on the server.
    Local,
}

/// The rows that belong to one feature.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spans {
    /// First rows in every table.
    start: Starts,
    pub(crate) key: Run,
    /// All strategies in the payload's order, also those that cannot match.
    pub(crate) all_strategies: Run,
}

#[derive(Debug, Clone, Copy, Default)]
struct Starts {
    strategies: u32,
    rules: u32,
    texts: u32,
    text: u32,
    hash_ids: u32,
    names: u32,
    rare: u32,
    sources: u32,
    values: u32,
}

/// What evaluation does not need to know of a feature.
#[derive(Debug)]
pub(crate) struct FeatureDetail {
    pub(crate) key: Box<str>,
    pub(crate) id: Option<Box<str>>,
    pub(crate) version: i64,
    pub(crate) locked: bool,
    /// The JSON as it was received.
    pub(crate) json: Box<str>,
    pub(crate) diagnostics: Box<[Diagnostic]>,
}

static TRUE: Value = Value::Bool(true);
static FALSE: Value = Value::Bool(false);

impl Tables {
    pub(crate) fn value(&self, at: ValueAt) -> Option<&Value> {
        match at {
            ValueAt::NONE => None,
            ValueAt::FALSE => Some(&FALSE),
            ValueAt::TRUE => Some(&TRUE),
            ValueAt(row) => self.values.get(row as usize),
        }
    }

    pub(crate) fn key(&self, feature: usize) -> &str {
        self.spans.get(feature).map_or("", |spans| spans.key.text(&self.names))
    }

    /// Is this the feature's key?
    #[inline]
    pub(crate) fn has_key(&self, feature: usize, key: &str) -> bool {
        self.spans.get(feature).is_some_and(|spans| {
            let known = spans.key.of(self.names.as_bytes());
            same(known, key.as_bytes())
        })
    }

    /// The tables without some features, whose positions ascend.
    pub(crate) fn without(&self, positions: &[usize]) -> Self {
        let mut writer = Writer::default();
        let mut from = 0;
        for position in positions {
            writer.copy(self, from..*position);
            from = position + 1;
        }
        writer.copy(self, from..self.heads.len());
        writer.finish()
    }

    fn ends(&self) -> Starts {
        Starts {
            strategies: self.strategies.len() as u32,
            rules: self.rules.len() as u32,
            texts: self.texts.len() as u32,
            text: self.text.len() as u32,
            hash_ids: self.hash_ids.len() as u32,
            names: self.names.len() as u32,
            rare: self.rare.len() as u32,
            sources: self.sources.len() as u32,
            values: self.values.len() as u32,
        }
    }

    fn starts(&self, feature: usize) -> Starts {
        self.spans.get(feature).map_or_else(|| self.ends(), |spans| spans.start)
    }
}

/// The rows of a field by its name: one for each way to read it, which is one in all but odd rules.
type FieldRows = HashMap<Box<str>, SmallVec<[(Reading, u32); 1]>, foldhash::fast::FixedState>;

/// Appends rows to tables; knows which fields there are already.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub(crate) tables: Tables,
    fields: FieldRows,
    start: Starts,
}

impl Writer {
    /// The rows of the next feature begin here.
    pub(crate) fn begin(&mut self) {
        self.start = self.tables.ends();
    }

    /// The rows since [`Self::begin`] are a feature.
    pub(crate) fn end(&mut self, head: Head, key: Run, all_strategies: Run, detail: FeatureDetail) {
        self.tables.heads.push(head);
        self.tables.spans.push(Spans { start: self.start, key, all_strategies });
        self.tables.features.push(Arc::new(detail));
    }

    /// A text of a rule.
    pub(crate) fn text(&mut self, text: &str) -> Run {
        append(&mut self.tables.text, text)
    }

    /// A key or the id of a strategy.
    pub(crate) fn name(&mut self, name: &str) -> Run {
        append(&mut self.tables.names, name)
    }

    /// An id to hash.
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

    pub(crate) fn rare(&mut self, rare: Rare) -> Predicate {
        self.tables.rare.push(Arc::new(rare));
        Predicate::Rare(self.tables.rare.len() as u32 - 1)
    }

    pub(crate) fn source(&mut self, fields: Arc<[Field]>) -> u32 {
        self.tables.sources.push(fields);
        self.tables.sources.len() as u32
    }

    /// The row of a field, the same one for every rule that reads it.
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

    /// Copies the features `range` of other tables. Rows refer to each other by position, so they are moved by as much as they lie elsewhere here.
    pub(crate) fn copy(&mut self, from: &Tables, range: Range<usize>) {
        let (start, end) = (from.starts(range.start), from.starts(range.end));
        let here = self.tables.ends();
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
            let predicate = rule
                .predicate
                .moved(here.texts.wrapping_sub(start.texts), here.rare.wrapping_sub(start.rare));
            copied.push(Rule { predicate, field });
        }
        let tables = &mut self.tables;
        tables.rules.append(&mut copied);
        let by = here.text.wrapping_sub(start.text);
        tables.text.push_str(part(&from.text, start.text, end.text));
        tables.hash_ids.push_str(part(&from.hash_ids, start.hash_ids, end.hash_ids));
        tables.names.push_str(part(&from.names, start.names, end.names));
        let names = here.names.wrapping_sub(start.names);
        let hash_ids = here.hash_ids.wrapping_sub(start.hash_ids);
        let texts = rows(&from.texts, start.texts, end.texts);
        tables
            .texts
            .extend(texts.iter().map(|text| Text { at: text.at.wrapping_add(by), ..*text }));
        let heads = rows(&from.heads_of_texts, start.texts, end.texts);
        tables.heads_of_texts.extend_from_slice(heads);
        let details = rows(&from.details, start.strategies, end.strategies);
        tables.details.extend(
            details.iter().map(|detail| StrategyDetail {
                id: detail.id.map(|id| id.shifted(names)),
                ..*detail
            }),
        );
        let (values, sources) =
            (here.values.wrapping_sub(start.values), here.sources.wrapping_sub(start.sources));
        let strategies = rows(&from.strategies, start.strategies, end.strategies);
        tables.strategies.extend(strategies.iter().map(|strategy| Strategy {
            rules: strategy.rules.shifted(here.rules.wrapping_sub(start.rules)),
            value: strategy.value.shifted(values),
            source: if strategy.source == 0 { 0 } else { strategy.source.wrapping_add(sources) },
            ..*strategy
        }));
        tables.values.extend_from_slice(rows(&from.values, start.values, end.values));
        tables.rare.extend_from_slice(rows(&from.rare, start.rare, end.rare));
        tables.sources.extend_from_slice(rows(&from.sources, start.sources, end.sources));
        let moved = here.strategies.wrapping_sub(start.strategies);
        let heads = from.heads.get(range.clone()).unwrap_or_default();
        tables.heads.extend(heads.iter().map(|head| Head {
            strategies: head.strategies.shifted(moved),
            hash_id: head.hash_id.shifted(hash_ids),
            value: head.value.shifted(values),
            ..*head
        }));
        let spans = from.spans.get(range.clone()).unwrap_or_default();
        tables.spans.extend(spans.iter().map(|spans| Spans {
            start: spans.start.moved(start, here),
            key: spans.key.shifted(names),
            all_strategies: spans.all_strategies.shifted(moved),
        }));
        tables.features.extend_from_slice(from.features.get(range).unwrap_or_default());
    }

    /// The finished tables.
    pub(crate) fn finish(mut self) -> Tables {
        let tables = &mut self.tables;
        tables.heads.shrink_to_fit();
        tables.strategies.shrink_to_fit();
        tables.rules.shrink_to_fit();
        tables.texts.shrink_to_fit();
        tables.heads_of_texts.shrink_to_fit();
        tables.text.shrink_to_fit();
        tables.hash_ids.shrink_to_fit();
        tables.names.shrink_to_fit();
        tables.fields.shrink_to_fit();
        tables.rare.shrink_to_fit();
        tables.sources.shrink_to_fit();
        tables.values.shrink_to_fit();
        tables.details.shrink_to_fit();
        tables.spans.shrink_to_fit();
        tables.features.shrink_to_fit();
        self.tables
    }
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

impl Starts {
    fn moved(self, from: Self, to: Self) -> Self {
        let moved = |at: u32, from: u32, to: u32| at.wrapping_sub(from).wrapping_add(to);
        Self {
            strategies: moved(self.strategies, from.strategies, to.strategies),
            rules: moved(self.rules, from.rules, to.rules),
            texts: moved(self.texts, from.texts, to.texts),
            text: moved(self.text, from.text, to.text),
            hash_ids: moved(self.hash_ids, from.hash_ids, to.hash_ids),
            names: moved(self.names, from.names, to.names),
            rare: moved(self.rare, from.rare, to.rare),
            sources: moved(self.sources, from.sources, to.sources),
            values: moved(self.values, from.values, to.values),
        }
    }
}
