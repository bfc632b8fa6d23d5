//! The record of a walk over the rows of a flag, of its segments and of its prerequisites.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::record::FeatureRecord;

use crate::reason::EvaluationReason;
#[cfg(feature = "featbit")]
use crate::tables::Interval;
use crate::tables::{Share, Strategy, Tables};
use crate::time::Timestamp;
use crate::trace::Tracer;
use crate::value::Value;

/// The words for a search beyond a limit.
pub(crate) const BEYOND_LIMIT: &str = "cannot be evaluated (the search takes more steps than the limit for this pattern and this text)";

/// A tracer that keeps the steps of a walk in their order. A list without structure costs an evaluation little.
#[derive(Debug, Clone, Default)]
pub(crate) struct WalkRecorder {
    events: Vec<Event>,
    /// The segments and prerequisites that were entered, by the address of their tables and their position. The tables live as long as the walk.
    entered: BTreeMap<(usize, usize), Arc<FeatureRecord>>,
    /// The first time that a rule read from the clock.
    pub(crate) now: Option<Timestamp>,
}

/// A step of a walk, as a method of [`Tracer`] describes it.
#[derive(Debug, Clone)]
enum Event {
    Row(Row),
    Rule {
        index: u32,
        held: bool,
        is_beyond_limit: bool,
    },
    Share {
        bucket: f64,
        is_within: bool,
    },
    #[cfg(feature = "featuresignals")]
    Gate {
        is_due: bool,
    },
    #[cfg(feature = "featuresignals")]
    Member {
        flag: Box<str>,
        bucket: u32,
    },
    #[cfg(feature = "featuresignals")]
    Winner(Box<str>),
    Enter(Box<str>, Option<Arc<FeatureRecord>>),
    Leave(Option<bool>),
    Answer(Option<Value>),
}

/// A row that the walk reached.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) share: Share,
    pub(crate) reason: EvaluationReason,
    #[cfg(feature = "featbit")]
    pub(crate) interval: Option<Interval>,
    /// The position of the rule from which the row comes; [`NO_POSITION`](crate::tables::NO_POSITION) for a row that comes from none.
    pub(crate) position: u32,
}

impl Row {
    fn of(tables: &Tables, row: u32) -> Option<Self> {
        let strategy: &Strategy = tables.strategies.get(row as usize)?;
        Some(Self {
            share: strategy.share,
            reason: strategy.reason,
            #[cfg(feature = "featbit")]
            interval: tables.interval(strategy).copied(),
            position: tables.details.get(row as usize)?.position,
        })
    }
}

impl Tracer for WalkRecorder {
    fn row(&mut self, tables: &Tables, row: u32) {
        self.events.extend(Row::of(tables, row).map(Event::Row));
    }

    fn rule(&mut self, index: u32, now: Option<Timestamp>, held: bool) {
        self.now = self.now.or(now);
        self.events.push(Event::Rule { index, held, is_beyond_limit: false });
    }

    fn beyond_limit(&mut self, index: u32) {
        self.events.push(Event::Rule { index, held: false, is_beyond_limit: true });
    }

    fn share(&mut self, bucket: f64, is_within: bool) {
        self.events.push(Event::Share { bucket, is_within });
    }

    #[cfg(feature = "featuresignals")]
    fn gate(&mut self, is_due: bool) {
        self.events.push(Event::Gate { is_due });
    }

    #[cfg(feature = "featuresignals")]
    fn member(&mut self, flag: &str, bucket: u32) {
        self.events.push(Event::Member { flag: flag.into(), bucket });
    }

    #[cfg(feature = "featuresignals")]
    fn winner(&mut self, flag: &str) {
        self.events.push(Event::Winner(flag.into()));
    }

    fn enter(&mut self, name: &str, feature: Option<(&Tables, usize)>) {
        let detail = feature.map(|(tables, position)| {
            let entered = self.entered.entry((std::ptr::from_ref(tables) as usize, position));
            Arc::clone(entered.or_insert_with(|| FeatureRecord::of(tables, position).into()))
        });
        self.events.push(Event::Enter(name.into(), detail));
    }

    fn leave(&mut self, held: Option<bool>) {
        self.events.push(Event::Leave(held));
    }

    fn answer(&mut self, tables: &Tables, row: u32) {
        let strategy = tables.strategies.get(row as usize);
        let value = strategy.and_then(|strategy| tables.value(strategy.value));
        self.events.push(Event::Answer(value.cloned()));
    }
}

/// The rows that a walk reached, in their order. The first row of a flag is always reached first, and no row is skipped.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) rows: Vec<RowStep>,
}

/// A row, and the results of its tests.
#[derive(Debug)]
pub(crate) struct RowStep {
    pub(crate) row: Row,
    /// The rules that were evaluated, in their order. Empty if the row has the rules of the row before it.
    pub(crate) rules: Vec<RuleStep>,
    /// The bucket that was compared with the share of the row, and true if the share contains it.
    pub(crate) drawn: Option<(f64, bool)>,
    /// True if the row answers because of another test, such as that of an expiry.
    #[cfg(feature = "featuresignals")]
    pub(crate) is_due: Option<bool>,
    /// The flags of the group, with their buckets.
    #[cfg(feature = "featuresignals")]
    pub(crate) members: Vec<(Box<str>, u32)>,
    /// The flag that the group chooses.
    #[cfg(feature = "featuresignals")]
    pub(crate) winner: Option<Box<str>>,
    /// The flags that were evaluated as prerequisites.
    #[cfg(feature = "featuresignals")]
    pub(crate) prerequisites: Vec<Nested>,
    /// The value, if the row answers; `Some(None)` for an answer without a value.
    pub(crate) answer: Option<Option<Value>>,
}

/// A rule that was evaluated.
#[derive(Debug)]
pub(crate) struct RuleStep {
    pub(crate) index: u32,
    pub(crate) held: bool,
    /// True if the search of the rule's pattern is beyond a limit.
    pub(crate) is_beyond_limit: bool,
    /// The segments that were evaluated for the rule.
    pub(crate) segments: Vec<Nested>,
}

/// A segment or a prerequisite.
#[derive(Debug)]
pub(crate) struct Nested {
    /// The id or the key by which it was named.
    pub(crate) name: Box<str>,
    /// `None` if there is no such segment or flag.
    pub(crate) detail: Option<Arc<FeatureRecord>>,
    pub(crate) walk: Walk,
    /// True if the user is in the segment, or the prerequisite is met; `None` if the evaluation ended without an answer.
    pub(crate) held: Option<bool>,
}

impl WalkRecorder {
    /// Returns the steps in the structure of the flag.
    pub(crate) fn walk(&self) -> Walk {
        Walk::of(&mut self.events.iter()).0
    }
}

impl Walk {
    /// Reads the rows up to the end of the events, or to the end of a nested walk, whose result is returned too.
    fn of<'e>(events: &mut impl Iterator<Item = &'e Event>) -> (Self, Option<bool>) {
        let mut walk = Self::default();
        let mut nested = Vec::new();
        while let Some(event) = events.next() {
            match event {
                Event::Row(row) => walk.rows.push(RowStep {
                    row: row.clone(),
                    rules: Vec::new(),
                    drawn: None,
                    #[cfg(feature = "featuresignals")]
                    is_due: None,
                    #[cfg(feature = "featuresignals")]
                    members: Vec::new(),
                    #[cfg(feature = "featuresignals")]
                    winner: None,
                    #[cfg(feature = "featuresignals")]
                    prerequisites: Vec::new(),
                    answer: None,
                }),
                Event::Enter(name, detail) => {
                    let (walk, held) = Self::of(&mut *events);
                    nested.push(Nested { name: name.clone(), detail: detail.clone(), walk, held });
                }
                Event::Leave(held) => return (walk, *held),
                event => {
                    if let Some(row) = walk.rows.last_mut() {
                        row.add(event, &mut nested);
                    }
                }
            }
        }
        (walk, None)
    }

    /// Returns the row that answers, with its position among the rows.
    pub(crate) fn answer(&self) -> Option<(usize, &RowStep)> {
        self.rows.iter().enumerate().find(|(_, row)| row.answer.is_some())
    }
}

impl RowStep {
    /// Adds the result of a test. The segments or prerequisites in `nested` were evaluated for this test.
    fn add(&mut self, event: &Event, nested: &mut Vec<Nested>) {
        match event {
            Event::Rule { index, held, is_beyond_limit } => self.rules.push(RuleStep {
                index: *index,
                held: *held,
                is_beyond_limit: *is_beyond_limit,
                segments: std::mem::take(nested),
            }),
            Event::Share { bucket, is_within } => self.drawn = Some((*bucket, *is_within)),
            #[cfg(feature = "featuresignals")]
            Event::Gate { is_due } => {
                self.is_due = Some(*is_due);
                self.prerequisites.append(nested);
            }
            #[cfg(feature = "featuresignals")]
            Event::Member { flag, bucket } => self.members.push((flag.clone(), *bucket)),
            #[cfg(feature = "featuresignals")]
            Event::Winner(flag) => self.winner = Some(flag.clone()),
            Event::Answer(value) => self.answer = Some(value.clone()),
            Event::Row(_) | Event::Enter(..) | Event::Leave(_) => {}
        }
    }
}
