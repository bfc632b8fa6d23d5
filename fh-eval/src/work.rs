//! An upper bound of the work of an evaluation, known before the evaluation begins.

use std::sync::Arc;

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::attributes::Attributes;
use crate::bucket::Encoding;
use crate::cost::Cost;
use crate::feature::FeatureRef;
use crate::hashing::Hashing;
#[cfg(not(target_arch = "wasm32"))]
use crate::listed_text::ListedText;
use crate::predicate::{BoxedPredicate, Predicate, Run, TextTest};
#[cfg(not(target_arch = "wasm32"))]
use crate::spread_list::{FARTHEST, texts_of};
#[cfg(feature = "first-row")]
use crate::tables::View;
use crate::tables::{Field, Head, Mode, Reading, Share, Tables};

/// An upper bound of the work of evaluating a list of features, for any context.
///
/// With the bound, a server can refuse a request that would take too long before it evaluates the features. Creating a
/// bound reads the rules once; [`WorkBound::steps`] then reads only the context. The bound is a number of steps, which
/// grows with the rules and with the number and the length of the context's values. Patterns count by their size. The
/// steps are calculated from the rules and the context, and no time is measured. A step takes about a nanosecond on a
/// slow machine.
///
/// ```
/// use fh_eval::{Attributes, Profile, Ruleset, WorkBound};
/// let ruleset = Ruleset::from_json(br#"[{"id": "7a0b", "key": "A", "type": "BOOLEAN", "value": false, "strategies": [
///     {"id": "x", "value": true, "attributes": [
///         {"fieldName": "email", "type": "STRING", "conditional": "INCLUDES", "values": ["example"]}]}]}]"#, Profile::Client)?;
/// let bound = WorkBound::of(ruleset.iter());
/// let with = |email: &str| bound.steps(&Attributes::builder().attribute("email", email).build());
/// assert!(with("mara@harbour.example") < 300);
/// assert!(with(&"x".repeat(10_000)) > 10_000);
/// # Ok::<(), fh_eval::featurehub::ParseError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct WorkBound {
    /// Number of steps that do not depend on the context.
    fixed: u64,
    /// Number of attribute lookups of all evaluations together.
    lookups: u64,
    by_name: HashMap<Arc<str>, Reads, Hashing>,
    /// The attributes that are read from the clock if the context lacks them (`now`, for example). The number is the cost,
    /// in steps, of the rules that then test the current time.
    clocked: Vec<(Arc<str>, u64)>,
}

/// The work of the rules and percentage keys that read one attribute.
#[derive(Debug, Clone, Copy, Default)]
struct Reads {
    /// Cost of the rules that test every value of the attribute, and of the percentage keys that contain every value.
    every: Cost,
    /// Cost of the rules that test only the first value of the attribute, and of the default percentage key.
    first: Cost,
    /// Number of steps of the rules that test the current time if the context lacks the attribute.
    clock: u64,
}

/// The strategies whose work is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walk {
    /// The strategies that ordinary evaluations walk. Most strategies that cannot match are not among them.
    Evaluate,
    /// All strategies, as explanations walk them.
    Explain,
}

/// Number of steps for evaluating one strategy. An attribute lookup takes the same number of steps, plus the steps of the search for the
/// attribute's name.
const RULE: u64 = 4;
/// Cost of formatting the current time as text, in steps.
const CLOCK: u64 = 200;
/// Length of the longest text of the current time, in bytes.
const CLOCK_BYTES: u64 = 24;
/// Cost of finishing the hash of one percentage key, in steps.
const BUCKET: u64 = 20;
/// Cost of compiling the patterns that a context supplies, in steps for each pattern and for each byte. Each evaluation compiles the
/// patterns again.
#[cfg(feature = "patterns")]
const SUPPLIED_PATTERN: Cost = Cost { per_value: 30_000, per_byte: 10_000 };
/// Number of steps for each byte of a rule's text when the text is searched with a pattern that a context supplies.
#[cfg(feature = "patterns")]
const SUPPLIED_SEARCH: u64 = 10_000;

impl WorkBound {
    /// Creates an upper bound of the work of evaluating each of these features once.
    #[must_use]
    pub fn of<'a>(features: impl IntoIterator<Item = FeatureRef<'a>>) -> Self {
        Self::walking(features, Walk::Evaluate)
    }

    /// Creates an upper bound of the work of explaining each of these features once. Explanations also test strategies that ordinary
    /// evaluations skip.
    #[must_use]
    pub fn of_explaining<'a>(features: impl IntoIterator<Item = FeatureRef<'a>>) -> Self {
        Self::walking(features, Walk::Explain)
    }

    fn walking<'a>(features: impl IntoIterator<Item = FeatureRef<'a>>, walk: Walk) -> Self {
        let mut bound = Self::default();
        let mut rows = Rows { tables: None, reads: HashMap::default() };
        for feature in features {
            if !rows.are_of(feature.tables()) {
                rows.flush(&mut bound);
                rows = Rows::of(feature.tables());
            }
            bound.add(feature, walk, &mut rows);
        }
        rows.flush(&mut bound);
        bound
    }

    fn add(&mut self, feature: FeatureRef<'_>, walk: Walk, rows: &mut Rows<'_>) {
        self.add_strategies(feature, walk, rows);
        #[cfg(feature = "featuresignals")]
        for position in feature.tables().prerequisites_of(feature.position(), usize::MAX) {
            let prerequisite = FeatureRef::new(feature.view(), position as usize);
            self.add_strategies(prerequisite, walk, rows);
        }
    }

    fn add_strategies(&mut self, feature: FeatureRef<'_>, walk: Walk, rows: &mut Rows<'_>) {
        let tables = feature.tables();
        let Some(head) = feature.head() else { return };
        self.fixed = self.fixed.saturating_add(1);
        let strategies = match walk {
            Walk::Evaluate => head.strategies,
            Walk::Explain => tables.all_strategies(feature.position()),
        };
        let mut rules = 0_u64;
        for strategy in strategies.of(&tables.strategies) {
            self.fixed = self.fixed.saturating_add(RULE);
            for rule in strategy.rules.of(&tables.rules) {
                rules += 1;
                #[cfg(feature = "first-row")]
                if let Some(list) = rule.predicate.segments() {
                    self.add_segments(feature.view(), list);
                    continue;
                }
                rows.add(rule.field, cost(tables, &rule.predicate));
            }
        }
        self.lookups = self.lookups.saturating_add(rules);
        self.add_percentages(tables, head, strategies);
    }

    /// Adds the work of looking for the subject in segments.
    #[cfg(feature = "first-row")]
    fn add_segments(&mut self, view: View<'_>, list: Run) {
        for slot in list.of(&view.tables.named_segments) {
            let slot = view.segments.get(*slot as usize);
            let Some(segment) = slot.and_then(|slot| slot.segment.as_ref()) else { continue };
            let mut rows = Rows::of(segment);
            self.add(FeatureRef::new(View::of(segment), 0), Walk::Evaluate, &mut rows);
            rows.flush(self);
        }
    }

    /// Adds the work of hashing and comparing percentage keys. Each percentage key of a feature is hashed once. If the
    /// feature has several percentage keys, each strategy with a percentage and no rules may also compare its
    /// percentage key with the keys of earlier strategies.
    fn add_percentages(&mut self, tables: &Tables, head: &Head, strategies: Run) {
        let mut sources: SmallVec<[u32; 16]> = SmallVec::new();
        let (mut drawn, mut stacked) = (0_u64, 0_u64);
        // Each flag of a group hashes the key of the context.
        #[cfg(feature = "featuresignals")]
        let rivals = tables.rivals(strategies);
        #[cfg(not(feature = "featuresignals"))]
        let rivals = 0_u64;
        for strategy in strategies.of(&tables.strategies) {
            match strategy.share {
                Share::Stacked => stacked += 1,
                Share::Alone => {}
                Share::None | Share::Unusable => continue,
                #[cfg(feature = "featbit")]
                Share::Whole => continue,
                #[cfg(feature = "featuresignals")]
                Share::Below | Share::LostGroup => {}
                #[cfg(feature = "featuresignals")]
                Share::Expired | Share::FailedPrerequisite => continue,
                #[cfg(feature = "featbit")]
                Share::Within => {}
            }
            drawn += 1;
            sources.push(strategy.source);
        }
        sources.sort_unstable();
        sources.dedup();
        self.fixed = self.fixed.saturating_add(rivals.saturating_mul(BUCKET));
        let several = head.mode == Mode::SeveralKeys;
        let hashed = match head.encoding {
            Encoding::Utf8 => 1,
            Encoding::Server => 6,
            #[cfg(feature = "featbit")]
            Encoding::Md5 => 8,
            #[cfg(feature = "featuresignals")]
            Encoding::BasisPoints => 1,
        };
        let count = sources.len() as u64;
        // The hash of each percentage key continues over the bytes of the id.
        let id = u64::from(head.hash_id.len).saturating_mul(hashed);
        self.fixed = self.fixed.saturating_add(count.saturating_mul(BUCKET + id));
        let compared = if several { stacked } else { 0 };
        self.fixed = self.fixed.saturating_add(drawn.saturating_mul(4 + 2 * count));
        let cost = Cost { per_value: 8, per_byte: hashed };
        let cost = cost.plus(Cost { per_value: 8, per_byte: 4 }.times(compared));
        let cost = cost.plus(Cost { per_value: 8, per_byte: 1 }.times(rivals));
        for source in sources {
            let fields = (source as usize)
                .checked_sub(1)
                .and_then(|row| tables.sources.get(row))
                .map_or(&[][..], |fields| fields);
            for field in fields {
                self.lookups = self.lookups.saturating_add(1 + compared);
                self.read(&field.text, Reads { every: cost, ..Reads::default() });
            }
            if source == 0 {
                self.lookups = self.lookups.saturating_add(2 + 2 * compared);
                let first = Reads { first: cost, ..Reads::default() };
                for name in head.key_names() {
                    self.read(&Arc::from(name), first);
                }
            }
        }
    }

    fn read(&mut self, name: &Arc<str>, reads: Reads) {
        let known = self.by_name.entry(Arc::clone(name)).or_default();
        known.every = known.every.plus(reads.every);
        known.first = known.first.plus(reads.first);
        if reads.clock > 0 {
            self.clocked.push((Arc::clone(name), reads.clock));
        }
    }

    /// Returns the maximum number of steps in which the features are evaluated for this context. Allocates memory only
    /// for contexts of more than 32 attributes.
    #[must_use]
    pub fn steps(&self, attributes: &Attributes) -> u64 {
        let lookup = RULE.saturating_add(attributes.lookup_steps());
        let mut steps = self.fixed.saturating_add(self.lookups.saturating_mul(lookup));
        let mut add = |cost: Cost, values: u64, bytes: u64| {
            let values = cost.per_value.saturating_mul(values);
            let bytes = cost.per_byte.saturating_mul(bytes);
            steps = steps.saturating_add(values).saturating_add(bytes);
        };
        for (name, values) in attributes.iter() {
            let Some(reads) = self.by_name.get(name) else { continue };
            let first = values.clone().next().map_or(0, str::len) as u64;
            let (count, bytes) = values
                .fold((0, 0), |(count, bytes), value| (count + 1, bytes + value.len() as u64));
            add(reads.every, count, bytes);
            add(reads.first, 1, first);
        }
        let missing = self.clocked.iter().filter(|(name, _)| attributes.get(name).is_none());
        missing.fold(steps, |steps, (_, clock)| steps.saturating_add(*clock))
    }
}

/// The work of the rules that read each field of one set of tables. The work of all rules on a field is added up before it is added to the
/// bound.
struct Rows<'a> {
    tables: Option<&'a Tables>,
    reads: HashMap<u32, Reads, Hashing>,
}

impl<'a> Rows<'a> {
    fn of(tables: &'a Tables) -> Self {
        Self { tables: Some(tables), reads: HashMap::default() }
    }

    fn are_of(&self, tables: &Tables) -> bool {
        self.tables.is_some_and(|known| std::ptr::eq(known, tables))
    }

    fn add(&mut self, field: u32, cost: Cost) {
        let reading = self.tables.and_then(|tables| tables.fields.get(field as usize));
        let reading = reading.map_or(Reading::Plain, |field| field.reading);
        let reads = self.reads.entry(field).or_default();
        match reading {
            Reading::FirstOnly => reads.first = reads.first.plus(cost),
            Reading::Plain => reads.every = reads.every.plus(cost),
            #[cfg(feature = "first-row")]
            Reading::HoldsIfMissing | Reading::Double(_) => reads.every = reads.every.plus(cost),
            Reading::Date | Reading::Instant | Reading::Local => {
                reads.every = reads.every.plus(cost);
                let text = cost.per_byte.saturating_mul(CLOCK_BYTES);
                reads.clock = [CLOCK, cost.per_value, text]
                    .into_iter()
                    .fold(reads.clock, u64::saturating_add);
            }
        }
    }

    fn flush(self, bound: &mut WorkBound) {
        let fields: &[Field] = self.tables.map_or(&[], |tables| &tables.fields);
        for (row, reads) in self.reads {
            if let Some(field) = fields.get(row as usize) {
                bound.read(&field.text, reads);
            }
        }
    }
}

/// Returns the maximum cost of testing a supplied value with a predicate.
fn cost(tables: &Tables, predicate: &Predicate) -> Cost {
    match predicate {
        Predicate::Never | Predicate::Always | Predicate::Blank | Predicate::Bool(_) => fixed(1),
        #[cfg(feature = "first-row")]
        Predicate::Double(..) => Cost { per_value: 40, per_byte: 5 },
        #[cfg(feature = "first-row")]
        Predicate::InSegment(_) | Predicate::InNoSegment(_) => fixed(1),
        #[cfg(feature = "featuresignals")]
        Predicate::InKnownSegment(_) => fixed(1),
        Predicate::In(list) | Predicate::NotIn(list) => scan(tables, *list),
        Predicate::Ends(row) => comparisons(tables, Run { at: *row, len: 1 }),
        Predicate::Texts(test, list) => texts(tables, *test, *list),
        // This is the cost of parsing a supplied version, because not every version can be packed.
        Predicate::Version(..) => Cost { per_value: 20, per_byte: 12 },
        #[cfg(feature = "first-row")]
        Predicate::Limited(row) => match tables.boxed.get(*row as usize) {
            Some(boxed) => boxed_cost(boxed),
            None => fixed(1),
        },
        Predicate::Boxed(row) => match tables.boxed.get(*row as usize) {
            Some(boxed) => boxed_cost(boxed),
            None => fixed(1),
        },
    }
}

const fn fixed(steps: u64) -> Cost {
    Cost { per_value: steps, per_byte: 0 }
}

/// Returns the maximum cost of scanning a list: half a step for each text, and a comparison of the rest of each text that can have the same
/// first eight bytes as the supplied text.
fn scan(tables: &Tables, list: Run) -> Cost {
    let heads = list.of(&tables.heads_of_texts);
    let mut sorted: SmallVec<[u64; 16]> = heads.iter().copied().collect();
    sorted.sort_unstable();
    let alike = sorted.windows(2).filter(|pair| pair.first() == pair.last()).count() as u64;
    let longest = list.of(&tables.texts).iter().map(|text| text.len).max().unwrap_or(0);
    let rest = 2 + u64::from(longest / 16);
    fixed(4 + heads.len() as u64 / 2 + (1 + alike).saturating_mul(rest))
}

fn comparisons(tables: &Tables, list: Run) -> Cost {
    let lengths = list.of(&tables.texts).iter().map(|text| text.len as usize);
    lengths.map(Cost::of_comparison).fold(fixed(2), Cost::plus)
}

fn texts(tables: &Tables, test: TextTest, list: Run) -> Cost {
    let lengths = || list.of(&tables.texts).iter().map(|text| text.len as usize);
    match test {
        #[cfg(not(target_arch = "wasm32"))]
        TextTest::AmongSpread | TextTest::NotAmongSpread => {
            spread_cost(texts_of(tables, list).map(ListedText::len).max().unwrap_or(0))
        }
        TextTest::Among | TextTest::NotAmong => {
            let longest = lengths().max().unwrap_or(0);
            let halvings = u64::from(u32::BITS - list.len.leading_zeros()) + 1;
            Cost::of_comparison(longest).plus(fixed(6)).times(halvings)
        }
        TextTest::Starts | TextTest::Ends => comparisons(tables, list),
        #[cfg(feature = "featbit")]
        TextTest::SameIgnoringCase => comparisons(tables, list),
        TextTest::Contains | TextTest::Lacks => {
            lengths().map(Cost::of_search).fold(fixed(2), Cost::plus)
        }
        // The supplied text and the rule's text are compared byte by byte.
        TextTest::Order(_) => {
            lengths().map(|length| fixed(4 + 2 * length as u64)).fold(fixed(2), Cost::plus)
        }
    }
}

/// Returns the maximum cost of a search in a list whose texts are spread, by the length of the longest one.
#[cfg(not(target_arch = "wasm32"))]
fn spread_cost(longest: usize) -> Cost {
    let probes = Cost::of_comparison(longest).plus(fixed(3)).times(FARTHEST as u64 + 1);
    Cost::of_comparison(longest).plus(fixed(8)).plus(probes)
}

fn boxed_cost(boxed: &BoxedPredicate) -> Cost {
    match boxed {
        #[cfg(not(target_arch = "wasm32"))]
        BoxedPredicate::Texts(_, list) => spread_cost(list.longest()),
        BoxedPredicate::Numbers(wanted) => {
            let all = wanted.all().iter().map(|number| 4 + 2 * number.digits() as u64);
            Cost { per_value: all.fold(10, u64::saturating_add), per_byte: 5 }
        }
        BoxedPredicate::NumbersWithScale(_, list) => {
            let all = list.iter().map(|number| 4 + 2 * number.digits() as u64);
            Cost { per_value: all.fold(10, u64::saturating_add), per_byte: 5 }
        }
        BoxedPredicate::Days(wanted, _) => Cost { per_value: 30 + wanted.len(), per_byte: 3 },
        BoxedPredicate::Instants(wanted) | BoxedPredicate::DateTimes(wanted) => {
            Cost { per_value: 60 + 2 * wanted.len(), per_byte: 3 }
        }
        BoxedPredicate::Networks(_, list, _) => {
            Cost { per_value: 60 + 3 * list.len() as u64, per_byte: 4 }
        }
        BoxedPredicate::Versions(_, list) => {
            let each = Cost { per_value: 8, per_byte: 4 }.times(list.len() as u64);
            each.plus(Cost { per_value: 20, per_byte: 12 })
        }
        #[cfg(feature = "patterns")]
        BoxedPredicate::Patterns(patterns) => {
            patterns.iter().map(|pattern| pattern.cost()).fold(fixed(2), Cost::plus)
        }
        #[cfg(feature = "featbit")]
        BoxedPredicate::NoMatch(pattern) => fixed(2).plus(pattern.cost()),
        #[cfg(feature = "patterns")]
        BoxedPredicate::MatchedBy(texts) => {
            let bytes: u64 = texts.iter().map(|text| text.len() as u64).sum();
            SUPPLIED_PATTERN.plus(fixed(bytes.saturating_mul(SUPPLIED_SEARCH)))
        }
    }
}
