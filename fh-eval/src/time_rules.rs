//! The rules that read the clock, and the times at which they may change the results of evaluations.

use std::sync::Arc;

use crate::attributes::Supplied;
use crate::evaluate::{now_text, passes};
use crate::feature::FeatureRef;
use crate::predicate::{BoxedPredicate, ExpectedValues, Predicate};
use crate::ruleset::Ruleset;
use crate::tables::{Reading, Rule, Tables};
use crate::text::date::Day;
use crate::text::datetime::DateTime;
use crate::time::Timestamp;

const DAY: i64 = 86_400_000;
const SECOND: i64 = 1000;

/// The rules of a ruleset that read the clock: rules of type DATE or DATETIME on the attribute `now`, in any letter
/// case.
///
/// Such a rule can change the result of an evaluation although neither the features nor the context have changed. A
/// program that caches or publishes results can call [`Self::outcome_at`] at each time that [`Self::next_change_after`]
/// returns. If the outcome differs from the last one, the program can evaluate the features again.
///
/// ```
/// use fh_eval::{Profile, Ruleset, TimeRules, Timestamp};
/// let ruleset = Ruleset::from_json(br#"[{"key": "A", "type": "BOOLEAN", "value": false, "strategies": [
///     {"value": true, "attributes": [
///         {"fieldName": "now", "type": "DATE", "conditional": "GREATER", "values": ["2024-02-28"]}]}]}]"#, Profile::Client)?;
/// let rules = TimeRules::of(&ruleset);
/// let noon: Timestamp = "2024-02-28T12:00:00Z".parse()?;
/// let midnight: Timestamp = "2024-02-29T00:00:00Z".parse()?;
/// assert_eq!(rules.next_change_after(noon), Some(midnight));
/// assert_ne!(rules.outcome_at(noon), rules.outcome_at(midnight));
/// assert_eq!(rules.next_change_after(midnight), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct TimeRules {
    /// The times at which the results of comparisons with `now` may change, in ascending order and without duplicates.
    boundaries: Vec<Timestamp>,
    /// The rules on the text of `now`, in the order of feature keys. The times at which the results of these rules
    /// change are not computed.
    texts: Vec<TextRule>,
}

/// A rule that tests the text of `now`, for example with STARTS_WITH or REGEX.
#[derive(Debug, Clone)]
struct TextRule {
    tables: Arc<Tables>,
    predicate: Predicate,
    reading: Reading,
}

/// The outcome of the rules that read the clock, at one time. If two outcomes of the same ruleset are equal, every
/// evaluation gives the same result at both times, with one exception.
///
/// The exception is a rule on the text of a date-time. Such a rule is evaluated at full seconds only, so an outcome
/// does not show changes within a second.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimeOutcome {
    boundary: Option<Timestamp>,
    held: Box<[bool]>,
}

impl TimeOutcome {
    /// Returns the latest time, at or before the time of this outcome, at which the result of a comparison with `now` may have changed.
    /// Returns `None` if there is no such time.
    #[must_use]
    pub const fn last_boundary(&self) -> Option<Timestamp> {
        self.boundary
    }

    /// Returns one boolean for each rule on the text of `now` that the [`TimeRules`] contain: true if the rule holds. A
    /// rule on the text of a date-time is evaluated at the last full second. The order of the booleans depends on the
    /// features only, not on the order in which the features were added.
    #[must_use]
    pub fn text_rules(&self) -> &[bool] {
        &self.held
    }
}

impl TimeRules {
    /// Collects the rules of a ruleset that read the clock. Rules that were compiled to a constant result are left out,
    /// and so are the rules of strategies that ordinary evaluations skip.
    #[must_use]
    pub fn of(ruleset: &Ruleset) -> Self {
        let mut found = Self::default();
        // A flag is expired from the next millisecond on.
        #[cfg(feature = "featuresignals")]
        found.boundaries.extend(
            ruleset
                .all_tables()
                .flat_map(|tables| tables.relations.expiries.iter())
                .map(|expiry| Timestamp::from_millis(expiry.as_millis() + 1)),
        );
        // If no rule reads the clock, the features need not be searched.
        let mut fields = ruleset.all_tables().flat_map(|tables| tables.fields.iter());
        if !fields.any(|field| field.reading.is_clock()) {
            found.sort();
            return found;
        }
        let mut texts: Vec<(&str, TextRule)> = Vec::new();
        for (tables, feature) in ruleset.with_tables() {
            for (rule, reading) in clock_rules(feature) {
                match changes(tables, &rule.predicate) {
                    Changes::Never => {}
                    Changes::At(times) => found.boundaries.extend(times),
                    Changes::WithText => {
                        let tables = Arc::clone(tables);
                        let rule = TextRule { tables, predicate: rule.predicate, reading };
                        texts.push((feature.key(), rule));
                    }
                }
            }
        }
        found.sort();
        texts.sort_by_key(|(key, _)| *key);
        found.texts = texts.into_iter().map(|(_, rule)| rule).collect();
        found
    }

    fn sort(&mut self) {
        self.boundaries.sort_unstable();
        self.boundaries.dedup();
    }

    /// Returns true only if time alone can never change the result of an evaluation.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.boundaries.is_empty() && self.texts.is_empty()
    }

    /// Returns the first time after `now` at which the outcome may differ. Returns `None` if the outcome cannot change
    /// any more. A rule on the text of a date may change at each midnight of UTC, and a rule on the text of a date-time
    /// at each full second.
    #[must_use]
    pub fn next_change_after(&self, now: Timestamp) -> Option<Timestamp> {
        let position = self.boundaries.partition_point(|boundary| *boundary <= now);
        let text = self.texts.iter().map(|rule| rule.next_after(now)).min();
        let boundary = self.boundaries.get(position).copied();
        boundary.into_iter().chain(text).min().filter(|next| *next > now)
    }

    /// Returns the outcome of the rules at the time `now`.
    #[must_use]
    pub fn outcome_at(&self, now: Timestamp) -> TimeOutcome {
        let position = self.boundaries.partition_point(|boundary| *boundary <= now);
        let boundary = position.checked_sub(1).and_then(|last| self.boundaries.get(last)).copied();
        let held = self.texts.iter().map(|rule| rule.holds(now)).collect();
        TimeOutcome { boundary, held }
    }
}

impl TextRule {
    /// Returns the interval of the rule in milliseconds: a day for a rule on the text of a date, a second for a rule on the text of a
    /// date-time. The rule is evaluated at the multiples of this interval since 1970.
    fn interval(&self) -> i64 {
        if self.reading == Reading::Date { DAY } else { SECOND }
    }

    fn next_after(&self, now: Timestamp) -> Timestamp {
        let interval = self.interval();
        Timestamp::from_millis((now.as_millis().div_euclid(interval) + 1) * interval)
    }

    fn holds(&self, now: Timestamp) -> bool {
        let interval = self.interval();
        let iso = Timestamp::from_millis(now.as_millis().div_euclid(interval) * interval).iso();
        let text = std::str::from_utf8(now_text(self.reading, &iso)).unwrap_or_default();
        passes(&self.tables, &self.predicate, &Supplied::new(text))
    }
}

impl FeatureRef<'_> {
    /// Returns true if a rule of the feature is of type DATE or DATETIME and on the attribute `now`. Time can change
    /// the results only of such a feature, and of one that expires, or of which a prerequisite expires (FeatureSignals). Strategies that
    /// ordinary evaluations skip are not counted.
    #[must_use]
    pub fn reads_clock(&self) -> bool {
        #[cfg(feature = "featuresignals")]
        if self.tables().may_expire(self.position()) {
            return true;
        }
        clock_rules(*self).next().is_some()
    }
}

/// Returns the rules of type DATE or DATETIME on the attribute `now`. The rules of strategies that ordinary evaluations
/// skip are left out.
fn clock_rules(feature: FeatureRef<'_>) -> impl Iterator<Item = (&Rule, Reading)> {
    let tables = feature.tables();
    let strategies = feature.head().map_or(&[][..], |head| head.strategies.of(&tables.strategies));
    let rules = strategies.iter().flat_map(|strategy| strategy.rules.of(&tables.rules));
    rules.filter_map(|rule| {
        let reading = tables.fields.get(rule.field as usize)?.reading;
        reading.is_clock().then_some((rule, reading))
    })
}

/// The times at which the result of a rule may change.
enum Changes {
    Never,
    At(Vec<Timestamp>),
    /// The result may change whenever the text of `now` changes.
    WithText,
}

fn changes(tables: &Tables, predicate: &Predicate) -> Changes {
    let boxed = match predicate {
        Predicate::Never | Predicate::Always | Predicate::Blank => return Changes::Never,
        Predicate::Boxed(row) => tables.boxed.get(*row as usize),
        _ => None,
    };
    match boxed.map(AsRef::as_ref) {
        Some(BoxedPredicate::Days(wanted, _)) => {
            Changes::At(boundaries(wanted, |day: &Day| (day.since_1970().saturating_mul(DAY), DAY)))
        }
        Some(BoxedPredicate::Instants(wanted) | BoxedPredicate::DateTimes(wanted)) => {
            Changes::At(boundaries(wanted, |time: &DateTime| (time.millis(), 1)))
        }
        _ => Changes::WithText,
    }
}

/// Returns the times at which the results of comparisons with these values may change: when `now` reaches a value, and
/// when `now` is past the value. `span` returns the start and the length of a value in milliseconds. Times that no
/// timestamp can hold are left out, because they are never reached.
fn boundaries<T>(wanted: &ExpectedValues<T>, span: impl Fn(&T) -> (i64, i64)) -> Vec<Timestamp> {
    let times = wanted.all().iter().flat_map(|value| {
        let (start, length) = span(value);
        [start, start.saturating_add(length)]
    });
    let held = times.map(|time| (time, Timestamp::from_millis(time)));
    held.filter(|(time, held)| held.as_millis() == *time).map(|(_, held)| held).collect()
}
