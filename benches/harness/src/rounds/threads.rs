use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use crate::rounds::engine::Engine;
use crate::rounds::hot::{Column, Suite};
use crate::stats::{median, percentile};

/// The duration of each measurement.
const SLICE: Duration = Duration::from_millis(15);

/// A measurement of one flag that several threads evaluate at once. Each call of `body` creates the loop of one thread.
pub struct Target {
    /// The row of the table.
    pub row: &'static str,
    /// Creates the loop of one thread.
    pub body: Box<dyn Fn() -> Box<dyn FnMut(u64) + Send> + Send + Sync>,
}

/// The figures of one engine that is shared by one and by two threads.
pub struct Scaling {
    /// The row of the table.
    pub row: &'static str,
    /// Evaluations per second with one thread.
    pub one: f64,
    /// Evaluations per second with two threads.
    pub two: f64,
    /// The ratio of two threads to one: the median over the repetitions.
    pub median: f64,
    /// The ratio of two threads to one: the 90th percentile, which shows what the engine can do if the second core is free.
    pub p90: f64,
}

/// Creates a target that evaluates the flag of a workload, with a context per thread.
///
/// # Errors
/// If the engine rejects the payload.
pub fn target<E: Engine>(
    suite: &Suite,
    row: &'static str,
    column: Column,
) -> Result<Target, String> {
    let engine = Arc::new(suite.engine::<E>(column)?.ok_or("no payload")?);
    let key = suite.key(column).ok_or("threads are measured with one flag")?.to_owned();
    let user = suite.user.clone();
    let body = move || -> Box<dyn FnMut(u64) + Send> {
        let (engine, flag, context) =
            (Arc::clone(&engine), engine.flag(&key), engine.context(&user));
        Box::new(move |iterations| {
            for _ in 0..iterations {
                black_box(engine.is_on(black_box(&flag), black_box(&context)));
            }
        })
    };
    Ok(Target { row, body: Box::new(body) })
}

/// Measures all targets. Each repetition runs them one after the other.
#[must_use]
pub fn scaling(targets: &[Target], repetitions: usize) -> Vec<Scaling> {
    let mut samples = vec![(vec![], vec![], vec![]); targets.len()];
    for _ in 0..repetitions {
        for (target, (ones, twos, ratios)) in targets.iter().zip(&mut samples) {
            let one = throughput(target, 1);
            let two = throughput(target, 2);
            ones.push(one);
            twos.push(two);
            ratios.push(two / one);
        }
    }
    targets
        .iter()
        .zip(&samples)
        .map(|(target, (ones, twos, ratios))| Scaling {
            row: target.row,
            one: median(ones),
            two: median(twos),
            median: median(ratios),
            p90: percentile(ratios, 0.9),
        })
        .collect()
}

fn throughput(target: &Target, threads: usize) -> f64 {
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                let mut body = (target.body)();
                let barrier = &barrier;
                scope.spawn(move || {
                    body(1000);
                    barrier.wait();
                    let start = Instant::now();
                    let mut done = 0u64;
                    while start.elapsed() < SLICE {
                        body(2000);
                        done += 2000;
                    }
                    done as f64 / start.elapsed().as_secs_f64()
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("a bench does not panic")).sum()
    })
}
