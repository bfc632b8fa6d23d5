//! Rulesets of compiled features. A ruleset is immutable. [`Ruleset::with`] and [`Ruleset::without`] return another
//! ruleset, which shares the details of unchanged features.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::clock::Clock;
use crate::diagnostic::{Consequence, Diagnostic, DiagnosticKind, Place, Vocabulary};
use crate::evaluate::{Memory, evaluate};
use crate::evaluation::Evaluation;
use crate::feature::FeatureRef;
use crate::hashing::Hashing;
use crate::index::Index;
use crate::replacements::Replacements;
#[cfg(feature = "first-row")]
use crate::segment::Segment;
use crate::subject::Subject;
#[cfg(feature = "first-row")]
use crate::tables::Slot;
use crate::tables::{Mode, Tables, View};
use crate::trace::NoTrace;
use crate::writer::Writer;

/// Number of slots of the cache of attributes that [`Ruleset::evaluate_all`] keeps from feature to feature. Attributes
/// with the same slot replace each other.
const REMEMBERED_BY_ALL: usize = 16;

/// Compiled features, at most one for each key. In general, they are the features of one environment.
///
/// A ruleset is immutable and cheap to clone, because clones share their data. Lookups of features take no lock.
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
/// assert_eq!(greeting.evaluate(&Subject::without_context(now)).string(), Some("hello"));
/// # Ok::<(), fh_eval::featurehub::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Ruleset {
    tables: Arc<Tables>,
    replaced: Replacements,
    /// Tables in which the features of `replaced` have their positions, once a caller needs such tables.
    whole: Arc<OnceLock<Arc<Tables>>>,
    /// The segments in the slots of the tables, and in further slots.
    #[cfg(feature = "first-row")]
    segments: Arc<[Slot]>,
    index: Arc<Index>,
    /// Diagnostics of features that were left out of the ruleset.
    left_out: Arc<[Diagnostic]>,
}

/// A compiled feature on its own, which can be added to a ruleset with [`Ruleset::with`].
#[derive(Debug, Clone)]
pub struct Feature {
    tables: Arc<Tables>,
}

impl Feature {
    pub(crate) fn new(tables: Tables) -> Self {
        Self { tables: Arc::new(tables) }
    }

    /// Returns a reference with which the feature is read and evaluated.
    #[must_use]
    pub fn as_ref(&self) -> FeatureRef<'_> {
        FeatureRef::new(View::of(&self.tables), 0)
    }
}

impl Default for Ruleset {
    fn default() -> Self {
        Self::new(Tables::default(), Vec::new())
    }
}

impl Ruleset {
    pub(crate) fn new(tables: Tables, left_out: Vec<Diagnostic>) -> Self {
        let index = Arc::new(Index::of(&tables));
        Self::indexed(tables, index, left_out.into())
    }

    fn indexed(tables: Tables, index: Arc<Index>, left_out: Arc<[Diagnostic]>) -> Self {
        Self {
            index,
            #[cfg(feature = "first-row")]
            segments: tables.segments.to_vec().into(),
            tables: Arc::new(tables),
            replaced: Replacements::default(),
            whole: Arc::default(),
            left_out,
        }
    }

    #[inline]
    fn view<'a>(&'a self, tables: &'a Tables) -> View<'a> {
        View {
            tables,
            #[cfg(feature = "first-row")]
            segments: &self.segments,
        }
    }

    /// Returns tables with all features. The first call copies the tables if features were replaced.
    fn whole(&self) -> &Arc<Tables> {
        if self.replaced.is_empty() {
            return &self.tables;
        }
        self.whole.get_or_init(|| Arc::new(self.copied(None)))
    }

    /// Returns a view of tables with all features, whose positions are those of the ruleset.
    pub(crate) fn whole_view(&self) -> View<'_> {
        self.view(self.whole())
    }

    /// Returns a copy of the tables in which replaced features have their positions, with a further feature at its position.
    fn copied(&self, further: Option<(usize, &Tables)>) -> Tables {
        let mut replaced: BTreeMap<usize, &Tables> =
            self.replaced.iter().map(|replaced| (replaced.position, &*replaced.tables)).collect();
        replaced.extend(further);
        let mut writer = Writer::sharing(&self.tables, replaced.keys().copied());
        #[cfg(feature = "first-row")]
        writer.add_segments(self.segments.iter().cloned());
        let mut from = 0;
        for (position, tables) in replaced {
            writer.copy(&self.tables, from..position);
            writer.copy(tables, 0..1);
            from = position + 1;
        }
        writer.copy(&self.tables, from..self.len().max(from));
        writer.finish()
    }

    /// Returns the feature at a position.
    #[inline]
    fn feature_at(&self, position: usize) -> FeatureRef<'_> {
        let (tables, position) = self.place_of(position);
        FeatureRef::new(self.view(tables), position)
    }

    /// Returns the tables that have the feature at a position, with its position in them.
    #[inline]
    fn place_of(&self, position: usize) -> (&Arc<Tables>, usize) {
        if self.replaced.is_empty() { (&self.tables, position) } else { self.place_among(position) }
    }

    #[inline(never)]
    fn place_among(&self, position: usize) -> (&Arc<Tables>, usize) {
        match self.replaced.at(position) {
            Some(tables) => (tables, 0),
            None => (&self.tables, position),
        }
    }

    /// Returns all tables that have features of the ruleset. Features may have been replaced in the first ones.
    pub(crate) fn all_tables(&self) -> impl Iterator<Item = &Arc<Tables>> {
        std::iter::once(&self.tables).chain(self.replaced.iter().map(|replaced| &replaced.tables))
    }

    /// Returns all features with their tables, in the order of [`Self::iter`].
    pub(crate) fn with_tables(&self) -> impl Iterator<Item = (&Arc<Tables>, FeatureRef<'_>)> {
        (0..self.len()).map(|position| {
            let (tables, position) = self.place_of(position);
            (tables, FeatureRef::new(self.view(tables), position))
        })
    }

    /// Creates a ruleset in which each key has one feature: the last one with the key. The others leave a diagnostic.
    pub(crate) fn of_last(
        tables: Tables,
        mut left_out: Vec<Diagnostic>,
        environment: Option<Box<str>>,
    ) -> Self {
        let count = tables.heads.len();
        let mut last = HashMap::with_capacity_and_hasher(count, Hashing::default());
        for position in 0..count {
            last.insert(tables.key(position), position);
        }
        let is_superseded = |position: &usize| last.get(tables.key(*position)) != Some(position);
        let superseded: Vec<usize> = (0..count).filter(is_superseded).collect();
        if superseded.is_empty() {
            return Self::new(tables, left_out);
        }
        left_out.extend(superseded.iter().map(|position| {
            let feature = tables.key(*position).into();
            let (vocabulary, consequence) = match tables.heads.get(*position).map(|head| head.mode)
            {
                #[cfg(feature = "first-row")]
                Some(Mode::FirstRow | Mode::FirstRowManyRules) => {
                    (Vocabulary::Flag, Consequence::FlagLeftOut)
                }
                _ => (Vocabulary::Feature, Consequence::FeatureLeftOut),
            };
            let environment = environment.clone();
            let place = Place { vocabulary, environment, feature, ..Place::default() };
            Diagnostic { place, problem: DiagnosticKind::DuplicateKey, consequence }
        }));
        Self::new(tables.without(superseded), left_out)
    }

    /// Returns the feature with this key, or `None` if the ruleset has no such feature.
    #[inline]
    #[must_use]
    pub fn get(&self, key: &str) -> Option<FeatureRef<'_>> {
        Some(self.feature_at(self.position(key)?))
    }

    /// Returns the position of the feature with this key in the order of [`Self::iter`].
    #[inline]
    pub(crate) fn position(&self, key: &str) -> Option<usize> {
        self.index.find(&self.tables, key)
    }

    /// Returns the number of features in the ruleset.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.heads.len()
    }

    /// Returns true if the ruleset has no features.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns all features, in the order in which they were compiled. For a payload, this is the payload's order.
    /// Features that [`Self::with`] added without replacing another feature are at the end.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = FeatureRef<'_>> {
        (0..self.len()).map(|position| self.feature_at(position))
    }

    /// Returns the feature at this position in the order of [`Self::iter`], or `None` if there are not so many features.
    #[inline]
    #[must_use]
    pub fn at(&self, position: usize) -> Option<FeatureRef<'_>> {
        (position < self.len()).then(|| self.feature_at(position))
    }

    /// Evaluates every feature for one subject, in the order of `iter`, and calls `each` with the feature and the
    /// result.
    ///
    /// This method is usually faster than evaluating feature by feature: the rows are read from front to back, and
    /// attributes and the default percentage key are cached between features.
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
        let view = self.view(&self.tables);
        let mut memory = Memory::new();
        let mut from = 0;
        for replaced in self.replaced.iter() {
            evaluate_run(view, from..replaced.position, subject, &mut memory, &mut each);
            // The cache has rows of other tables.
            evaluate_run(self.view(&replaced.tables), 0..1, subject, &mut Memory::new(), &mut each);
            from = replaced.position + 1;
        }
        evaluate_run(view, from..self.len(), subject, &mut memory, &mut each);
    }

    /// Returns the diagnostics of all features, in the order of the features, followed by one for each feature that was
    /// left out when the payload was compiled. The diagnostics of one payload take 2 MiB at most; later ones are not kept.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let kept = self.iter().flat_map(|feature| feature.diagnostics());
        kept.chain(self.left_out.iter())
    }

    /// Returns a copy of this ruleset with a feature added. If the ruleset has a feature with the same key, the new
    /// feature replaces it at its position. Otherwise the new feature is the last one.
    #[must_use]
    pub fn with(&self, feature: &Feature) -> Self {
        let known = self.position(feature.tables.key(0));
        if let Some(position) = known
            && let Some(ruleset) = self.with_replaced(position, feature)
        {
            return ruleset;
        }
        let position = known.unwrap_or(self.len());
        let tables = self.copied(Some((position, &feature.tables)));
        let index = match known {
            Some(_) => Arc::clone(&self.index),
            None => Arc::new(Index::of(&tables)),
        };
        Self::indexed(tables, index, Arc::clone(&self.left_out))
    }

    /// Returns a ruleset that shares the tables, with a feature in place of the one at this position. Returns `None` if too many features
    /// were replaced, or if features refer to each other by position.
    fn with_replaced(&self, position: usize, feature: &Feature) -> Option<Self> {
        if !self.replaced.have_room_for(position) {
            return None;
        }
        #[cfg(feature = "featuresignals")]
        if self.tables.relations.refer() || feature.tables.relations.refer() {
            return None;
        }
        let mut writer = Writer::default();
        #[cfg(feature = "first-row")]
        writer.add_segments(self.segments.iter().cloned());
        writer.copy(&feature.tables, 0..1);
        let tables = Arc::new(writer.finish());
        #[cfg(feature = "first-row")]
        let segments = match tables.segments.len() == self.segments.len() {
            true => Arc::clone(&self.segments),
            false => tables.segments.to_vec().into(),
        };
        Some(Self {
            replaced: self.replaced.with(position, tables),
            whole: Arc::default(),
            #[cfg(feature = "first-row")]
            segments,
            ..self.clone()
        })
    }

    /// Returns a copy of this ruleset without the features whose keys are in `keys`. Keys that belong to no feature of
    /// the ruleset are ignored.
    #[must_use]
    pub fn without<'k>(&self, keys: impl IntoIterator<Item = &'k str>) -> Self {
        let found = keys.into_iter().filter_map(|key| self.position(key));
        let positions: BTreeSet<usize> = found.collect();
        if positions.is_empty() {
            return self.clone();
        }
        let tables = self.whole().without(positions);
        let index = Arc::new(Index::of(&tables));
        // The remaining features name the same slots as before.
        Self {
            tables: Arc::new(tables),
            index,
            replaced: Replacements::default(),
            whole: Arc::default(),
            ..self.clone()
        }
    }

    /// Returns the ids and the JSON of the segments.
    #[cfg(feature = "featbit")]
    pub(crate) fn segments_json(&self) -> impl Iterator<Item = (&str, &str)> {
        self.segments.iter().filter_map(|slot| Some((&*slot.id, slot.segment.as_deref()?.json(0))))
    }

    /// Returns a ruleset with a segment in place of the one with this id, or without it. The features are not copied.
    #[cfg(feature = "first-row")]
    #[must_use]
    pub fn with_segment(&self, id: &str, segment: Option<&Segment>) -> Self {
        let segment = segment.and_then(|segment| segment.tables.clone());
        let mut slots = self.segments.to_vec();
        match slots.iter_mut().find(|slot| &*slot.id == id) {
            Some(slot) => slot.segment = segment,
            None => slots.push(Slot { id: id.into(), segment }),
        }
        Self { segments: slots.into(), ..self.clone() }
    }

    /// Returns a copy of the feature with this key, which can be added to another ruleset. Returns `None` if the
    /// ruleset has no such feature.
    #[must_use]
    pub fn feature(&self, key: &str) -> Option<Feature> {
        let feature = self.get(key)?;
        let mut writer = Writer::default();
        #[cfg(feature = "first-row")]
        writer.add_segments(self.segments.iter().cloned());
        writer.copy(feature.tables(), feature.position()..feature.position() + 1);
        Some(Feature::new(writer.finish()))
    }
}

/// Evaluates the features at these positions of tables.
#[inline]
fn evaluate_run<'a, C: Clock>(
    view: View<'a>,
    positions: Range<usize>,
    subject: &Subject<'a, C>,
    memory: &mut Memory<'a, REMEMBERED_BY_ALL>,
    each: &mut impl FnMut(FeatureRef<'a>, Evaluation<'a>),
) {
    let heads = view.tables.heads.get(positions.clone()).unwrap_or_default();
    for (position, head) in positions.zip(heads) {
        let row = match head.mode {
            Mode::Static => None,
            _ => evaluate(view, head, head.strategies, subject, memory, &mut NoTrace),
        };
        each(FeatureRef::new(view, position), Evaluation::new(view.tables, head, row));
    }
}
