//! Measurements that only some rows support: publishing an update, and evaluating with a cached snapshot.

use std::hint::black_box;
use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};
use engines::{FhEval, NOW};
use fh_eval::featurehub::Compiler;
use fh_eval::{Profile, Subject};
use harness::floor::{Boxed, Patterns};
use harness::workload::{Email, Shape, render};
use harness::{Bench, BoxedByKey, Column, Engine, Suite, Swapped};

/// The floor's update: its pointers are copied, one is replaced, and the result is published.
pub const FLOOR_UPDATE: &str = "floor (pointers copied)";
/// The floor behind a pointer whose last value the caller keeps, so that a call only checks whether it has changed.
const FLOOR_CACHED: &str = "floor (by key) + ArcSwap, cached";
/// The engine under test with a kept snapshot.
const CACHED: &str = "fh-eval, cached";
/// The row of the engine under test.
pub const OURS: &str = <Swapped<FhEval>>::NAME;

/// Returns all extra benches.
///
/// # Errors
/// If an engine rejects the payload.
pub fn benches(suite: &Suite) -> Result<Vec<Bench>, String> {
    let mut benches = vec![floor_update(suite)?, update_ours(suite)?];
    benches.extend(explanations(suite)?);
    for column in [Column::W1, Column::W2, Column::W3] {
        benches.push(cached::<BoxedByKey>(suite, FLOOR_CACHED, column)?);
        benches.push(cached::<FhEval>(suite, CACHED, column)?);
    }
    Ok(benches)
}

/// Measures the floor: one changed feature of 1,000 (one with ten rules) is parsed, compiled and published.
fn floor_update(suite: &Suite) -> Result<Bench, String> {
    let (payload, changed) = update(suite);
    let floor = Boxed::from_json(&payload, Patterns::Shared).map_err(|error| error.to_string())?;
    let published = ArcSwap::from_pointee(floor);
    Ok(Bench::new(FLOOR_UPDATE, Column::Update, move |iterations| {
        for _ in 0..iterations {
            let next = published.load().with(black_box(&changed)).expect("a flag of the payload");
            published.store(next.into());
        }
    }))
}

/// Measures the same update by the engine under test.
fn update_ours(suite: &Suite) -> Result<Bench, String> {
    let (payload, changed) = update(suite);
    let changed =
        serde_json::value::RawValue::from_string(changed).map_err(|error| error.to_string())?;
    let published = ArcSwap::from_pointee(FhEval::load(payload)?.0);
    let compiler = Compiler::new(Profile::Client);
    Ok(Bench::new(OURS, Column::Update, move |iterations| {
        for _ in 0..iterations {
            let feature = compiler.feature(black_box(&changed)).expect("a feature of the payload");
            let next = published.load().with(&feature);
            published.store(next.into());
        }
    }))
}

/// Measures explanations of W4re by the engine under test: the explanation alone, with its report, and with its text.
fn explanations(suite: &Suite) -> Result<[Bench; 3], String> {
    let engine = suite.load::<FhEval>(Email::Regex)?.ok_or("no payload")?;
    let context = engine.context(&suite.user);
    let shared =
        Arc::new((engine, context, suite.key(Column::Explain).ok_or("one flag")?.to_owned()));
    let bench = |row, told: fn(fh_eval::Explanation) -> usize| {
        let shared = Arc::clone(&shared);
        Bench::new(row, Column::Explain, move |iterations| {
            let (engine, context, key) = &*shared;
            for _ in 0..iterations {
                let feature = engine.0.get(black_box(key)).expect("a key of the payload");
                black_box(told(feature.explain(&Subject::new(black_box(context), NOW))));
            }
        })
    };
    Ok([
        bench(OURS, |explanation| black_box(&explanation).reason() as usize),
        bench("fh-eval, with its report", |explanation| {
            black_box(explanation.report());
            0
        }),
        bench("fh-eval, with its text", |explanation| explanation.to_string().len()),
    ])
}

/// Returns a payload, and the JSON of an update of one of its features.
fn update(suite: &Suite) -> (String, String) {
    let payload = suite.payload(Email::Regex);
    let changed =
        render::featurehub::updated(payload.representative(Shape::TenRules), Email::Regex);
    (render::featurehub::render(payload), changed)
}

fn cached<E: Engine>(suite: &Suite, row: &'static str, column: Column) -> Result<Bench, String> {
    let engine = suite.load::<E>(column.email())?.ok_or("no payload")?;
    let (flag, context) =
        (engine.flag(suite.key(column).ok_or("one flag")?), engine.context(&suite.user));
    let mut snapshot = Cache::new(Arc::new(ArcSwap::from_pointee(engine)));
    Ok(Bench::new(row, column, move |iterations| {
        for _ in 0..iterations {
            black_box(black_box(&mut snapshot).load().is_on(black_box(&flag), black_box(&context)));
        }
    }))
}
