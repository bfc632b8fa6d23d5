//! The compiled features of an environment, immutable; updates make a new one that shares what did not change.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::diagnostic::Diagnostic;
use crate::evaluate::{Memory, evaluate};
use crate::evaluation::Evaluation;
use crate::feature::FeatureRef;
use crate::featurehub::{Compiler, Document, ParseError};
use crate::profile::Profile;
use crate::subject::Subject;
use crate::tables::{Mode, Tables, Writer};
use crate::time::Clock;
use crate::trace::NoTrace;

/// How many attributes [`Ruleset::evaluate_all`] remembers from feature to feature.
const REMEMBERED_BY_ALL: usize = 16;

/// The features of one environment, compiled.
///
/// Immutable, and cheap to share behind an `Arc`. Reading takes no lock and no memory.
///
/// ```
/// use fh_eval::{Attributes, Profile, Ruleset, Subject, Timestamp};
/// let features = br#"[{"id": "7a0b", "key": "GREETING", "type": "STRING", "value": "hello", "strategies": [
///     {"id": "kiwi", "value": "kia ora", "attributes": [
///         {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]}]}]"#;
/// let ruleset = Ruleset::from_json(features, Profile::Client)?;
/// let now = Timestamp::from_millis(0);
/// let aroha = Attributes::builder().user_key("aroha").country("new_zealand").build();
/// let greeting = ruleset.get("GREETING").unwrap();
/// assert_eq!(greeting.evaluate(&Subject::new(&aroha, now)).string(), Some("kia ora"));
/// assert_eq!(greeting.evaluate(&Subject::nobody(now)).string(), Some("hello"));
/// # Ok::<(), fh_eval::featurehub::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Ruleset {
    tables: Arc<Tables>,
    index: Arc<Index>,
    left_out: Arc<[Diagnostic]>,
}

/// From key to position.
#[derive(Debug, Default)]
struct Index {
    positions: HashTable<u32>,
}

/// Keys come from the server, not from its users, so the hash needs no secret.
fn hash(key: &str) -> u64 {
    FixedState::default().hash_one(key)
}

impl Index {
    fn of(tables: &Tables) -> Self {
        let mut positions = HashTable::with_capacity(tables.heads.len());
        for position in 0..tables.heads.len() {
            let key = tables.key(position);
            positions.insert_unique(hash(key), position as u32, |other| {
                hash(tables.key(*other as usize))
            });
        }
        Self { positions }
    }

    #[inline]
    fn find(&self, tables: &Tables, key: &str) -> Option<usize> {
        self.positions
            .find(hash(key), |position| tables.has_key(*position as usize, key))
            .map(|position| *position as usize)
    }
}

/// A compiled feature on its own, to be put into a ruleset.
#[derive(Debug, Clone)]
pub struct Feature {
    tables: Arc<Tables>,
}

impl Feature {
    pub(crate) fn new(tables: Tables) -> Self {
        Self { tables: Arc::new(tables) }
    }

    /// The feature, to read and evaluate it.
    #[must_use]
    pub fn as_ref(&self) -> FeatureRef<'_> {
        FeatureRef::new(&self.tables, 0)
    }
}

impl Default for Ruleset {
    fn default() -> Self {
        Self::new(Tables::default(), Vec::new())
    }
}

impl Ruleset {
    pub(crate) fn new(tables: Tables, left_out: Vec<Diagnostic>) -> Self {
        Self {
            index: Arc::new(Index::of(&tables)),
            tables: Arc::new(tables),
            left_out: left_out.into(),
        }
    }

    /// Reads and compiles a payload of one environment: a list of features, or what a GET answers for one key. Use
    /// [`Document`] and [`Compiler`] for several environments or value ids.
    ///
    /// # Errors
    /// [`ParseError`] if the document as a whole is unreadable; unreadable parts are [`Self::diagnostics`].
    pub fn from_json(json: &[u8], profile: Profile) -> Result<Self, ParseError> {
        Ok(Compiler::new(profile).compile(&Document::parse(json)?.only()?))
    }

    /// The feature with this key.
    #[inline]
    #[must_use]
    pub fn get(&self, key: &str) -> Option<FeatureRef<'_>> {
        let position = self.index.find(&self.tables, key)?;
        Some(FeatureRef::new(&self.tables, position))
    }

    /// How many features there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.heads.len()
    }

    /// Are there no features?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All features, in the payload's order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = FeatureRef<'_>> {
        (0..self.len()).map(|position| FeatureRef::new(&self.tables, position))
    }

    /// Evaluates every feature for one subject, in the payload's order, without memory of its own.
    ///
    /// Faster than asking feature by feature: the rows are read from front to back, and attributes and the percentage key
    /// are looked up once.
    ///
    /// ```
    /// use fh_eval::{Attributes, Profile, Ruleset, Subject, Timestamp};
    /// let ruleset = Ruleset::from_json(br#"[{"key": "A", "type": "BOOLEAN", "value": true}]"#, Profile::Client)?;
    /// let anyone = Attributes::default();
    /// let mut on = Vec::new();
    /// ruleset.evaluate_all(&Subject::new(&anyone, Timestamp::from_millis(0)), |feature, evaluation| {
    ///     if evaluation.is_enabled() {
    ///         on.push(feature.key());
    ///     }
    /// });
    /// assert_eq!(on, ["A"]);
    /// # Ok::<(), fh_eval::featurehub::ParseError>(())
    /// ```
    pub fn evaluate_all<'a, C: Clock>(
        &'a self,
        subject: &Subject<'a, C>,
        mut each: impl FnMut(FeatureRef<'a>, Evaluation<'a>),
    ) {
        let tables = &*self.tables;
        let mut memory = Memory::<REMEMBERED_BY_ALL>::new();
        for (position, head) in tables.heads.iter().enumerate() {
            let row = if head.mode == Mode::Static {
                None
            } else {
                evaluate(tables, head, head.strategies, subject, &mut memory, &mut NoTrace)
            };
            each(FeatureRef::new(tables, position), Evaluation::new(tables, head, row));
        }
    }

    /// What could not be read, feature by feature, those that had to be left out last.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let kept = self.tables.features.iter().flat_map(|feature| feature.diagnostics.iter());
        kept.chain(self.left_out.iter())
    }

    /// This ruleset with a feature added, or put in the place of the one with the same key.
    #[must_use]
    pub fn with(&self, feature: &Feature) -> Self {
        let key = feature.tables.key(0);
        let known = self.index.find(&self.tables, key);
        let position = known.unwrap_or(self.len());
        let mut writer = Writer::default();
        writer.copy(&self.tables, 0..position);
        writer.copy(&feature.tables, 0..1);
        writer.copy(&self.tables, position + usize::from(known.is_some())..self.len());
        let tables = writer.finish();
        let index = match known {
            Some(_) => Arc::clone(&self.index),
            None => Arc::new(Index::of(&tables)),
        };
        Self { tables: Arc::new(tables), index, left_out: Arc::clone(&self.left_out) }
    }

    /// This ruleset without the feature of this key.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        let Some(position) = self.index.find(&self.tables, key) else { return self.clone() };
        let tables = self.tables.without(&[position]);
        let index = Arc::new(Index::of(&tables));
        Self { tables: Arc::new(tables), index, left_out: Arc::clone(&self.left_out) }
    }

    /// The feature of this key on its own, to be put into another ruleset.
    #[must_use]
    pub fn feature(&self, key: &str) -> Option<Feature> {
        let position = self.index.find(&self.tables, key)?;
        let mut writer = Writer::default();
        writer.copy(&self.tables, position..position + 1);
        Some(Feature::new(writer.finish()))
    }
}
