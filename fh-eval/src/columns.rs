//! The evaluation of chosen features for the rows of a table whose columns are attributes.

use std::fmt;

use smallvec::SmallVec;

use crate::attributes::Attributes;
use crate::attributes::row::{Converted, DeclaredName, StoredText};
use crate::clock::Clock;
use crate::evaluate::{Memory, evaluate};
use crate::feature::FeatureRef;
use crate::ruleset::Ruleset;
use crate::subject::Subject;
#[cfg(feature = "first-row")]
use crate::tables::Reading;
use crate::tables::{Field, Head, Mode, View};
use crate::trace::NoTrace;
use crate::value::Value;

/// Number of slots of the cache of attributes that is kept from feature to feature within a row. Attributes with the same slot
/// replace each other.
const REMEMBERED_BY_ROW: usize = 32;

/// An evaluator of chosen features for many contexts, such as the rows of a table whose columns are attributes.
///
/// The contexts are built one after the other in the same memory, so that a row allocates none, except in the cases that
/// [`FeatureRef::evaluate`] lists, and while the texts of a row are longer than those of all rows before. The features of a row
/// share the attributes that rules have read and the hash of the percentage key, as in [`Ruleset::evaluate_all`]. The names of
/// columns are resolved once, and so are texts that occur in many rows ([`PreparedText`]).
///
/// Several threads can evaluate parts of a table, each with a clone of the evaluator.
///
/// ```
/// use fh_eval::{Profile, Ruleset, Timestamp, Value};
/// let payload = br#"[{"id": "7a0b", "key": "GREETING", "type": "STRING", "value": "hello", "strategies": [
///     {"id": "kiwi", "value": "kia ora", "attributes": [
///         {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]}]}]"#;
/// let ruleset = Ruleset::from_json(payload, Profile::Client)?;
/// let mut evaluator = ruleset.column_evaluator(["GREETING"])?;
/// let (users, countries) = (evaluator.column("userkey"), evaluator.column("country"));
/// let mut greetings = Vec::new();
/// for (user, country) in [("aroha", "new_zealand"), ("mara", "france")] {
///     evaluator.begin_row();
///     evaluator.add(users, user);
///     evaluator.add(countries, country);
///     evaluator.evaluate(Timestamp::from_millis(0), |_feature, answer| greetings.push(answer));
/// }
/// let text = |index: u32| evaluator.values(0)[index as usize].map(Value::to_string);
/// assert_eq!(text(greetings[0].value).as_deref(), Some("kia ora"));
/// assert_eq!(text(greetings[1].value).as_deref(), Some("hello"));
/// assert_eq!((greetings[0].strategy, greetings[1].strategy), (Some(0), None));
/// assert_eq!(evaluator.strategy_id(0, 0), Some("kiwi"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ColumnEvaluator<'r> {
    view: View<'r>,
    features: Vec<Chosen<'r>>,
    columns: Vec<NamedColumn>,
    /// The context of the present row. Its texts begin with the names of the columns.
    context: Attributes,
    /// The size of the names of all columns in the texts of the context.
    names: usize,
    /// The number of the present row, counted from 1.
    row: u64,
}

/// A column of a [`ColumnEvaluator`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Column(usize);

/// A text that occurs in many rows, such as a text of a dictionary, together with everything that rules read of it.
#[derive(Debug, Clone, Copy)]
pub struct PreparedText<'t> {
    text: &'t str,
    converted: Converted,
}

/// The result of one feature for one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RowAnswer {
    /// The index of the value in [`ColumnEvaluator::values`] of the feature.
    pub value: u32,
    /// The position of the matching strategy in the payload's list, as in
    /// [`Evaluation::strategy_position`](crate::Evaluation::strategy_position); `None` if no strategy matched.
    pub strategy: Option<u32>,
}

/// The error for a feature key that the ruleset does not have. The value is the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFeature(pub String);

impl fmt::Display for UnknownFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no feature {:?}", self.0)
    }
}

impl std::error::Error for UnknownFeature {}

/// A feature that is evaluated for each row.
#[derive(Debug, Clone)]
struct Chosen<'r> {
    position: usize,
    head: &'r Head,
    /// The distinct values that the feature can have, the default value first.
    values: Vec<Option<&'r Value>>,
    default: RowAnswer,
    /// The answers of the strategies that ordinary evaluations walk, in their order.
    of_strategies: Box<[RowAnswer]>,
}

#[derive(Debug, Clone)]
struct NamedColumn {
    name: Box<str>,
    declared: DeclaredName,
    /// The rows of the table of fields that read this attribute, one for each way of reading it.
    fields: SmallVec<[u32; 2]>,
    /// The number of the last row in which the column has a value.
    row: u64,
    /// The prepared value of that row, if it is the only value of the column in that row.
    only: Option<(StoredText, Converted)>,
}

impl<'t> PreparedText<'t> {
    /// Prepares a text.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self { text, converted: Converted::of(text) }
    }

    /// Returns the text.
    #[must_use]
    pub const fn as_str(&self) -> &'t str {
        self.text
    }
}

impl Ruleset {
    /// Returns an evaluator of the features with these keys, in the order of the keys, for many contexts.
    ///
    /// # Errors
    /// [`UnknownFeature`] if the ruleset has no feature with one of the keys.
    pub fn column_evaluator<K: AsRef<str>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<ColumnEvaluator<'_>, UnknownFeature> {
        let view = self.whole_view();
        let chosen = keys.into_iter().map(|key| {
            let position = self.position(key.as_ref());
            let feature = position.map(|position| FeatureRef::new(view, position));
            feature.and_then(Chosen::of).ok_or_else(|| UnknownFeature(key.as_ref().to_string()))
        });
        Ok(ColumnEvaluator {
            view,
            features: chosen.collect::<Result<_, _>>()?,
            columns: Vec::new(),
            context: Attributes::default(),
            names: 0,
            row: 1,
        })
    }
}

impl<'r> Chosen<'r> {
    fn of(feature: FeatureRef<'r>) -> Option<Self> {
        let (tables, head) = (feature.tables(), feature.head()?);
        let mut values = vec![tables.value(head.value)];
        let default = RowAnswer { value: 0, strategy: None };
        let strategies = head.strategies.of(&tables.strategies).iter();
        let of_strategies = strategies
            .zip(head.strategies.of(&tables.details))
            .map(|(strategy, detail)| {
                let value = tables.value(strategy.value);
                let known = values.iter().position(|known| are_same(*known, value));
                let value = known.unwrap_or_else(|| {
                    values.push(value);
                    values.len() - 1
                });
                RowAnswer { value: value as u32, strategy: Some(detail.position) }
            })
            .collect();
        Some(Self { position: feature.position(), head, values, default, of_strategies })
    }

    #[inline]
    fn answer(&self, row: Option<u32>) -> RowAnswer {
        let Some(row) = row else { return self.default };
        let strategy = row.wrapping_sub(self.head.strategies.at) as usize;
        self.of_strategies.get(strategy).copied().unwrap_or(self.default)
    }
}

/// Returns true if two values are the same, including the texts of numbers.
fn are_same(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => left.as_str() == right.as_str(),
        (left, right) => left == right,
    }
}

impl<'r> ColumnEvaluator<'r> {
    /// Returns the column of the attribute `name`, and adds the column if there is none. Two columns cannot have the same name:
    /// their values are values of the same attribute. An added column removes the values of the present row.
    pub fn column(&mut self, name: &str) -> Column {
        if let Some(known) = self.columns.iter().position(|column| &*column.name == name) {
            return Column(known);
        }
        self.context.clear_values(self.names);
        let declared = self.context.declare(name);
        self.names = self.context.text_size();
        self.begin_row();
        let fields = (0..).zip(self.view.tables.fields.iter());
        let fields = fields.filter(|(_, field)| &*field.text == name && has_packed_text(field));
        let fields = fields.map(|(row, _)| row).collect();
        self.columns.push(NamedColumn { name: name.into(), declared, fields, row: 0, only: None });
        Column(self.columns.len() - 1)
    }

    /// Begins the next row, whose context has no attributes.
    #[inline]
    pub fn begin_row(&mut self) {
        self.row += 1;
        self.context.clear_values(self.names);
    }

    /// Adds a value of a column to the context of the present row, after the values that the column has in this row already. A
    /// column without a value is an attribute that the context lacks. A column of another evaluator is ignored, unless this
    /// evaluator has as many columns.
    #[inline]
    pub fn add(&mut self, column: Column, value: &str) {
        let Some(column) = self.columns.get_mut(column.0) else { return };
        column.only = None;
        if std::mem::replace(&mut column.row, self.row) == self.row {
            self.context.add_next(column.declared, value);
        } else {
            self.context.add_first(column.declared, value);
        }
    }

    /// Adds a value as [`Self::add`] does. Rules use the prepared form of the text if the column has only this value in the row.
    #[inline]
    pub fn add_prepared(&mut self, column: Column, value: &PreparedText<'_>) {
        let Some(column) = self.columns.get_mut(column.0) else { return };
        if std::mem::replace(&mut column.row, self.row) == self.row {
            column.only = None;
            self.context.add_next(column.declared, value.text);
        } else {
            let stored = self.context.add_converted(column.declared, value.text, &value.converted);
            column.only = stored.map(|stored| (stored, value.converted));
        }
    }

    /// Evaluates the features for the present row, and calls `each` with the index of each feature and its result. The results
    /// are those of [`FeatureRef::evaluate`] for the same context.
    pub fn evaluate<C: Clock>(&self, clock: C, mut each: impl FnMut(usize, RowAnswer)) {
        let subject = Subject::new(&self.context, clock);
        let mut memory = Memory::<REMEMBERED_BY_ROW>::new();
        for column in self.columns.iter().filter(|column| column.row == self.row) {
            let Some((stored, converted)) = &column.only else { continue };
            let supplied = self.context.supplied(*stored, converted);
            for field in &column.fields {
                memory.remember(*field, supplied, converted.packed);
            }
        }
        for (index, feature) in self.features.iter().enumerate() {
            let head = feature.head;
            let row = match head.mode {
                Mode::Static => None,
                _ => {
                    let strategies = head.strategies;
                    evaluate(self.view, head, strategies, &subject, &mut memory, &mut NoTrace)
                }
            };
            each(index, feature.answer(row));
        }
    }

    /// Returns the features that are evaluated, in the order of their keys at the creation of the evaluator.
    pub fn features(&self) -> impl ExactSizeIterator<Item = FeatureRef<'r>> {
        self.features.iter().map(|chosen| FeatureRef::new(self.view, chosen.position))
    }

    /// Returns the distinct values that the feature with this index can have, the default value first. `None` is null. Numbers
    /// with different texts are different values. Returns no values if there is no such feature.
    #[must_use]
    pub fn values(&self, feature: usize) -> &[Option<&'r Value>] {
        self.features.get(feature).map_or(&[], |chosen| &chosen.values)
    }

    /// Returns all answers that the feature with this index can have: that of the default value first, then those of the
    /// strategies in their order. Returns none if there is no such feature.
    pub fn answers(&self, feature: usize) -> impl Iterator<Item = RowAnswer> {
        let chosen = self.features.get(feature).into_iter();
        chosen.flat_map(|chosen| {
            [chosen.default].into_iter().chain(chosen.of_strategies.iter().copied())
        })
    }

    /// Returns the id of a strategy of the feature with this index. `strategy` is a position of a [`RowAnswer`]. Returns `None`
    /// if the strategy has no id, or if there is no such feature or strategy.
    #[must_use]
    pub fn strategy_id(&self, feature: usize, strategy: u32) -> Option<&'r str> {
        let chosen = self.features.get(feature)?;
        let mut details = chosen.head.strategies.of(&self.view.tables.details).iter();
        let detail = details.find(|detail| detail.position == strategy)?;
        Some(detail.id?.text(&self.view.tables.names))
    }
}

/// Returns true if the cache of attributes keeps a text of the field with its packed version, and not with a double.
fn has_packed_text(field: &Field) -> bool {
    #[cfg(feature = "first-row")]
    if matches!(field.reading, Reading::Double(_)) {
        return false;
    }
    let _ = field;
    true
}
