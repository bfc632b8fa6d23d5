//! The evaluation of features for the rows of a table, by several threads.

use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::thread;

use fh_eval::{Column, ColumnEvaluator, PreparedText, Ruleset, Timestamp, Value};

use crate::answers::{ALIGNMENT, Growing, Part};
use crate::cells::Cells;
use crate::error::{Error, Fault};
use crate::output::OutputArray;
use crate::table::Table;

/// The number of evaluations of one thread between two questions whether to go on: some tens of milliseconds.
const EVALUATIONS_AT_ONCE: usize = 1 << 20;
/// The most rows of one thread between two questions.
const ROWS_AT_ONCE: usize = 1 << 15;

/// Settings of an evaluation.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The time of the evaluation.
    pub now: Timestamp,
    /// Whether the answers tell the strategies.
    pub strategies: Strategies,
    /// The number of threads.
    pub threads: NonZeroUsize,
}

/// Whether answers tell the strategies that gave them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategies {
    /// Answers are values only.
    Omitted,
    /// Each feature has an array of the ids of strategies too.
    Reported,
}

/// The answers of all features.
#[derive(Debug)]
pub struct Answers {
    /// The number of rows.
    pub rows: usize,
    /// The answers of each feature, in the order of the keys.
    pub features: Vec<FeatureAnswers>,
}

/// The answers of one feature.
#[derive(Debug)]
pub struct FeatureAnswers {
    /// The key of the feature.
    pub key: String,
    /// The value of each row: an array of booleans, of numbers, or of a dictionary of texts.
    pub values: Arc<OutputArray>,
    /// The id of the strategy that gave the value of each row, if [`Strategies::Reported`]. It is null where the default value
    /// applies, and where the strategy has no id.
    pub strategies: Option<Arc<OutputArray>>,
    /// The number of rows of each strategy, and of the default value.
    pub tally: Vec<Count>,
}

/// The number of rows that one strategy of a feature, or the default value, has given the value.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// The value.
    pub value: Option<Value>,
    /// The id of the strategy. `None` for the default value, and for a strategy without an id.
    pub strategy_id: Option<String>,
    /// The number of rows.
    pub rows: u64,
}

/// Evaluates features for all rows of a table. `proceed` is called again and again by the thread of the caller, which can end the
/// evaluation.
///
/// # Errors
/// An [`Error`] that names the column and, if it has one, the row.
pub fn evaluate(
    ruleset: &Ruleset,
    features: &[String],
    mut table: Table,
    options: &Options,
    mut proceed: impl FnMut() -> ControlFlow<()>,
) -> Result<Answers, Error> {
    let mut evaluator = ruleset.column_evaluator(features)?;
    let names = table.sources.iter().flat_map(|source| &source.columns).map(|(name, _)| name);
    let names: Vec<String> = names.cloned().collect();
    let columns = names.iter().map(|name| evaluator.column(name)).collect();
    let constants = std::mem::take(&mut table.constants);
    let constants = constants.iter().map(|constant| {
        let texts = constant.texts.iter().map(|text| PreparedText::new(text)).collect();
        (evaluator.column(&constant.name), texts)
    });
    let plan = Plan { columns, constants: constants.collect(), now: options.now };
    let mut collected = Collected::new(&evaluator, options.strategies);
    let counts = collected.counts.clone();
    let mut workers: Vec<Worker<'_>> = (0..options.threads.get())
        .map(|_| Worker {
            evaluator: evaluator.clone(),
            text: String::new(),
            counts: counts.clone(),
        })
        .collect();
    let rows_at_once = (EVALUATIONS_AT_ONCE / features.len().max(1)).clamp(64, ROWS_AT_ONCE);
    let rows_at_once = rows_at_once.next_multiple_of(ALIGNMENT);
    let mut total = 0;
    loop {
        let count = table.fill()?;
        if count == 0 {
            break;
        }
        let end = total + count;
        collected.grow(end);
        let mut cells = Vec::with_capacity(plan.columns.len());
        for source in &table.sources {
            cells.extend(source.cells(count)?);
        }
        let mut from = total;
        while from < end {
            if proceed().is_break() {
                return Err(Error::Interrupted);
            }
            let limits = limits(from, end, rows_at_once, workers.len());
            let to = limits.last().copied().unwrap_or(end);
            let outcome = plan.run(&mut workers, &cells, total, &limits, &mut collected);
            if let Err((row, column, fault)) = outcome {
                return Err(Error::Column {
                    column: names.get(column).cloned(),
                    row: Some(row),
                    fault,
                });
            }
            from = to;
        }
        drop(cells);
        table.advance(count);
        total = end;
    }
    for worker in &workers {
        collected.add(&worker.counts);
    }
    Ok(Answers { rows: total, features: collected.finish(&evaluator, features) })
}

/// Returns the limits of the parts of the next rows, one part for each thread. The limits between the first and the last one are
/// multiples of [`ALIGNMENT`].
fn limits(from: usize, end: usize, rows_at_once: usize, threads: usize) -> Vec<usize> {
    let share = (end - from).div_ceil(threads).min(rows_at_once);
    let mut limits = vec![from];
    let mut last = from;
    for _ in 0..threads {
        // Rounded up, so that each part has rows.
        last = (last + share).next_multiple_of(ALIGNMENT).min(end);
        limits.push(last);
        if last == end {
            break;
        }
    }
    limits
}

/// The parts of an evaluation that all threads share.
struct Plan<'t> {
    columns: Vec<Column>,
    constants: Vec<(Column, Vec<PreparedText<'t>>)>,
    now: Timestamp,
}

/// The parts of an evaluation that one thread has for itself.
struct Worker<'r> {
    evaluator: ColumnEvaluator<'r>,
    text: String,
    /// The number of rows by feature and by strategy. See [`Collected::counts`].
    counts: Vec<Vec<u64>>,
}

/// The row of a fault, the position of its column, and the fault.
type RowFault = (usize, usize, Fault);

impl Plan<'_> {
    /// Evaluates the rows between the limits, each part on a thread of its own. `first` is the row of the first cell. Of several
    /// faults, that of the first row is returned.
    fn run(
        &self,
        workers: &mut [Worker<'_>],
        cells: &[Cells<'_>],
        first: usize,
        limits: &[usize],
        collected: &mut Collected,
    ) -> Result<(), RowFault> {
        let ranges = limits.windows(2).filter_map(|pair| match pair {
            [from, to] => Some(*from..*to),
            _ => None,
        });
        let mut tasks = workers.iter_mut().zip(ranges).zip(collected.parts(limits));
        let Some(((own, rows), mut parts)) = tasks.next() else { return Ok(()) };
        thread::scope(|scope| {
            let others: Vec<_> = tasks
                .map(|((worker, rows), mut parts)| {
                    scope.spawn(move || self.part(worker, cells, first, rows, &mut parts))
                })
                .collect();
            let mut outcome = self.part(own, cells, first, rows, &mut parts);
            for other in others {
                let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                outcome = outcome.and(other);
            }
            outcome
        })
    }

    /// Evaluates the rows of one part.
    fn part(
        &self,
        worker: &mut Worker<'_>,
        cells: &[Cells<'_>],
        first: usize,
        rows: Range<usize>,
        parts: &mut Parts<'_>,
    ) -> Result<(), RowFault> {
        let Worker { evaluator, text, counts } = worker;
        for (position, row) in rows.enumerate() {
            evaluator.begin_row();
            for (index, (cells, column)) in cells.iter().zip(&self.columns).enumerate() {
                let added = cells.add(row - first, evaluator, *column, text);
                added.map_err(|fault| (row, index, fault))?;
            }
            for (column, texts) in &self.constants {
                for text in texts {
                    evaluator.add_prepared(*column, text);
                }
            }
            evaluator.evaluate(self.now, |feature, answer| {
                let code = strategy_code(answer.strategy);
                if let Some(part) = parts.values.get_mut(feature) {
                    part.write(position, answer.value as usize);
                }
                if let Some(part) = parts.strategies.get_mut(feature) {
                    part.write(position, code);
                }
                if let Some(count) = counts.get_mut(feature).and_then(|all| all.get_mut(code)) {
                    *count += 1;
                }
            });
        }
        Ok(())
    }
}

/// Returns the code of a strategy: 0 for the default value, else the position of the strategy, counted from 1.
#[inline]
fn strategy_code(strategy: Option<u32>) -> usize {
    strategy.map_or(0, |position| position as usize + 1)
}

/// The answers of all features, which grow.
struct Collected {
    values: Vec<Growing>,
    /// Empty if the strategies are omitted.
    strategies: Vec<Growing>,
    /// The number of rows of each feature and of each code of a strategy.
    counts: Vec<Vec<u64>>,
}

/// The rows of all features that one thread writes.
struct Parts<'a> {
    values: Vec<Part<'a>>,
    strategies: Vec<Part<'a>>,
}

impl Collected {
    fn new(evaluator: &ColumnEvaluator<'_>, strategies: Strategies) -> Self {
        let features = || evaluator.features().enumerate();
        let codes = |feature| {
            evaluator
                .answers(feature)
                .map(|answer| strategy_code(answer.strategy))
                .max()
                .unwrap_or(0)
        };
        let of_strategies = |feature| {
            let ids =
                (0..codes(feature) as u32).map(|strategy| evaluator.strategy_id(feature, strategy));
            Growing::of_texts([None].into_iter().chain(ids.map(|id| id.map(str::to_string))))
        };
        Self {
            values: features()
                .map(|(index, feature)| Growing::of_values(feature.kind(), evaluator.values(index)))
                .collect(),
            strategies: match strategies {
                Strategies::Omitted => Vec::new(),
                Strategies::Reported => features().map(|(index, _)| of_strategies(index)).collect(),
            },
            counts: features().map(|(index, _)| vec![0; codes(index) + 1]).collect(),
        }
    }

    fn grow(&mut self, rows: usize) {
        self.values.iter_mut().chain(&mut self.strategies).for_each(|column| column.grow(rows));
    }

    /// Returns the parts of the rows between the limits.
    fn parts(&mut self, limits: &[usize]) -> Vec<Parts<'_>> {
        let mut parts: Vec<Parts<'_>> = (1..limits.len())
            .map(|_| Parts { values: Vec::new(), strategies: Vec::new() })
            .collect();
        for column in &mut self.values {
            for (parts, part) in parts.iter_mut().zip(column.parts(limits)) {
                parts.values.push(part);
            }
        }
        for column in &mut self.strategies {
            for (parts, part) in parts.iter_mut().zip(column.parts(limits)) {
                parts.strategies.push(part);
            }
        }
        parts
    }

    fn add(&mut self, counts: &[Vec<u64>]) {
        for (sums, counts) in self.counts.iter_mut().zip(counts) {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
        }
    }

    fn finish(self, evaluator: &ColumnEvaluator<'_>, features: &[String]) -> Vec<FeatureAnswers> {
        let mut strategies = self.strategies.into_iter();
        let columns = features.iter().zip(self.values).zip(self.counts).enumerate();
        let answers = columns.map(|(feature, ((key, values), counts))| {
            let values_of = evaluator.values(feature);
            let count = |answer: fh_eval::RowAnswer| Count {
                value: values_of.get(answer.value as usize).copied().flatten().cloned(),
                strategy_id: answer
                    .strategy
                    .and_then(|strategy| evaluator.strategy_id(feature, strategy))
                    .map(str::to_string),
                rows: counts.get(strategy_code(answer.strategy)).copied().unwrap_or_default(),
            };
            FeatureAnswers {
                key: key.clone(),
                values: Arc::new(values.finish()),
                strategies: strategies.next().map(|column| Arc::new(column.finish())),
                tally: evaluator
                    .answers(feature)
                    .map(count)
                    .filter(|count| count.rows > 0)
                    .collect(),
            }
        });
        answers.collect()
    }
}
