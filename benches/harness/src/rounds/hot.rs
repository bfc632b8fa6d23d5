use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::workload::{Email, Shape, User, Workload, standard, users};

use crate::rounds::engine::{All, Engine};
use crate::rounds::{LONG_SLICE, SLICE};
use crate::stats::{Shuffle, median};

/// A workload, which is a column of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Column {
    /// A boolean flag without rules.
    W1,
    /// A rollout of 20 %.
    W2,
    /// A rule: the country is one of five.
    W3,
    /// Ten rules of three conditions, with e-mail addresses tested by regular expressions.
    W4re,
    /// Ten rules of three conditions, with e-mail addresses tested by suffixes.
    W4suf,
    /// All flags for one context, with regular expressions.
    W5re,
    /// All flags for one context, with suffixes.
    W5suf,
    /// A context of five attributes is built, and W2 is evaluated with it.
    C1,
    /// W4re, with everything recorded that an explanation needs.
    Explain,
    /// One changed feature is published.
    Update,
}

impl Column {
    /// The workloads of the tables, in order.
    pub const ALL: [Self; 8] =
        [Self::W1, Self::W2, Self::W3, Self::W4re, Self::W4suf, Self::W5re, Self::W5suf, Self::C1];
    /// The workloads for which allocations are counted.
    pub const COUNTED: [Self; 6] =
        [Self::W1, Self::W2, Self::W3, Self::W4re, Self::W4suf, Self::C1];
    /// The workloads of one flag.
    pub const SINGLE: [Self; 5] = [Self::W1, Self::W2, Self::W3, Self::W4re, Self::W4suf];

    /// Returns the payload variant of the workload.
    #[must_use]
    pub fn email(self) -> Email {
        match self {
            Self::W4suf | Self::W5suf => Email::Suffix,
            _ => Email::Regex,
        }
    }

    /// Returns the shape of the evaluated flag. `None` if it is not one flag.
    #[must_use]
    pub fn shape(self) -> Option<Shape> {
        match self {
            Self::W1 => Some(Shape::Plain),
            Self::W2 | Self::C1 => Some(Shape::Rollout),
            Self::W3 => Some(Shape::Countries),
            Self::W4re | Self::W4suf | Self::Explain => Some(Shape::TenRules),
            Self::W5re | Self::W5suf | Self::Update => None,
        }
    }

    fn is_in_both(self) -> bool {
        matches!(self, Self::W1 | Self::W2 | Self::W3 | Self::C1)
    }

    fn slice(self) -> u64 {
        if self.shape().is_some() { SLICE } else { LONG_SLICE }
    }
}

/// A repeatable measurement.
pub struct Bench {
    /// The row of the tables.
    pub row: &'static str,
    /// The column of the tables.
    pub column: Column,
    /// Runs the bench the given number of times.
    pub run: Box<dyn FnMut(u64)>,
    /// Nanoseconds per iteration, one number per round.
    pub samples: Vec<f64>,
    iterations: u64,
}

impl Bench {
    /// Creates a bench from a function that runs it the given number of times.
    pub fn new(row: &'static str, column: Column, run: impl FnMut(u64) + 'static) -> Self {
        Self { row, column, run: Box::new(run), samples: vec![], iterations: 0 }
    }

    fn time(&mut self, iterations: u64) -> f64 {
        let start = Instant::now();
        (self.run)(iterations);
        start.elapsed().as_nanos() as f64
    }

    /// Finds the number of iterations that fill a time slice.
    fn calibrate(&mut self) {
        let slice = self.column.slice() as f64;
        let mut iterations = 1;
        loop {
            let nanos = self.time(iterations);
            if nanos > slice / 4.0 {
                self.iterations = ((slice / nanos * iterations as f64) as u64).max(1);
                return;
            }
            iterations *= 2;
        }
    }
}

/// Measures all benches in interleaved rounds. Samples of earlier runs are removed.
pub fn run(benches: &mut [Bench], rounds: usize) {
    let mut shuffle = Shuffle::default();
    for bench in benches.iter_mut() {
        bench.samples.clear();
        bench.calibrate();
    }
    for _ in 0..rounds {
        for number in shuffle.order(benches.len()) {
            let bench = &mut benches[number];
            // A warm-up of a sixteenth of the iterations brings code and data back into the caches.
            (bench.run)((bench.iterations / 16).max(1));
            let nanos = bench.time(bench.iterations);
            bench.samples.push(nanos / bench.iterations as f64);
        }
    }
}

/// The payloads and the user of all benches.
pub struct Suite {
    /// The payload with regular expressions, and the one with suffixes.
    pub payloads: [Workload; 2],
    /// The first user of the workload.
    pub user: User,
}

impl Default for Suite {
    fn default() -> Self {
        Self {
            payloads: [Email::Regex, Email::Suffix].map(|email| standard(1000, email)),
            user: users().swap_remove(0),
        }
    }
}

impl Suite {
    /// Returns the payload of a variant.
    #[must_use]
    pub fn payload(&self, email: Email) -> &Workload {
        &self.payloads[usize::from(email == Email::Suffix)]
    }

    /// Returns the key of the flag that a workload evaluates.
    #[must_use]
    pub fn key(&self, column: Column) -> Option<&str> {
        let shape = column.shape()?;
        Some(&self.payload(column.email()).representative(shape).key)
    }

    /// Loads an engine with this variant. `None` if the engine's format cannot express it.
    ///
    /// # Errors
    /// If the engine rejects the payload.
    pub fn load<E: Engine>(&self, email: Email) -> Result<Option<E>, String> {
        E::render(self.payload(email))
            .map(|payload| E::load(payload).map_err(|error| format!("{}: {error}", E::NAME)))
            .transpose()
    }

    /// Loads an engine for a workload. W1 to W3 and C1 are the same in both variants, so an engine that supports only one variant has these
    /// workloads as well.
    ///
    /// # Errors
    /// If the engine rejects the payload.
    pub fn engine<E: Engine>(&self, column: Column) -> Result<Option<E>, String> {
        match self.load(column.email())? {
            None if column.is_in_both() => self.load(Email::Suffix),
            engine => Ok(engine),
        }
    }

    /// Returns all benches of an engine for these workloads.
    ///
    /// # Errors
    /// If the engine rejects the payload.
    pub fn benches<E: Engine>(&self, columns: &[Column]) -> Result<Vec<Bench>, String> {
        let mut benches = vec![];
        let mut loaded: [Option<Arc<E>>; 2] = [None, None];
        for (variant, email) in [Email::Regex, Email::Suffix].into_iter().enumerate() {
            loaded[variant] = self.load::<E>(email)?.map(Arc::new);
        }
        for &column in columns {
            let variant = usize::from(column.email() == Email::Suffix);
            let other = loaded[1 - variant].as_ref().filter(|_| column.is_in_both());
            let Some(engine) = loaded[variant].as_ref().or(other) else {
                continue;
            };
            benches.push(self.bench(engine, column));
            if let (None, All::Also(row)) = (column.shape(), E::ALL) {
                let mut bench = all(engine, engine.context(&self.user), column);
                bench.row = row;
                benches.push(bench);
            }
        }
        Ok(benches)
    }

    fn bench<E: Engine>(&self, engine: &Arc<E>, column: Column) -> Bench {
        let context = engine.context(&self.user);
        let Some(key) = self.key(column) else {
            if E::ALL == All::Own {
                return all(engine, context, column);
            }
            let payload = self.payload(column.email());
            let flags: Vec<_> = payload.flags.iter().map(|flag| engine.flag(&flag.key)).collect();
            let engine = Arc::clone(engine);
            return Bench::new(E::NAME, column, move |iterations| {
                for _ in 0..iterations {
                    let context = black_box(&context);
                    let mut on = 0;
                    for flag in &flags {
                        on += usize::from(engine.is_on(flag, context));
                    }
                    black_box(on);
                }
            });
        };
        let flag = engine.flag(key);
        let engine = Arc::clone(engine);
        if column == Column::C1 {
            let user = self.user.clone();
            return Bench::new(E::NAME, column, move |iterations| {
                for _ in 0..iterations {
                    let context = engine.context(black_box(&user));
                    black_box(engine.is_on(black_box(&flag), &context));
                }
            });
        }
        Bench::new(E::NAME, column, move |iterations| {
            for _ in 0..iterations {
                black_box(engine.is_on(black_box(&flag), black_box(&context)));
            }
        })
    }
}

fn all<E: Engine>(engine: &Arc<E>, context: E::Context, column: Column) -> Bench {
    let engine = Arc::clone(engine);
    Bench::new(E::NAME, column, move |iterations| {
        for _ in 0..iterations {
            black_box(engine.all(black_box(&context)));
        }
    })
}

/// The evaluated samples of a bench.
impl Bench {
    /// Returns the median time per iteration, in nanoseconds.
    #[must_use]
    pub fn median(&self) -> f64 {
        median(&self.samples)
    }
}
