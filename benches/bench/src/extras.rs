//! What only some rows can do: publishing an update, and a snapshot remembered between calls.

use std::hint::black_box;
use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};
use floor::{Boxed, Patterns};
use harness::{Bench, BoxedByKey, Column, Engine, Suite};
use workload::{Email, Shape, render};

/// The floor's update: its pointers copied, one exchanged, the result published.
pub const FLOOR_UPDATE: &str = "floor (pointers copied)";
/// The floor behind a pointer whose last value the caller remembers, so that a call only looks whether it changed.
const FLOOR_CACHED: &str = "floor (by key) + ArcSwap, cached";

/// All of them.
///
/// # Errors
/// If the payload is refused.
pub fn benches(suite: &Suite) -> Result<Vec<Bench>, String> {
    let mut benches = vec![floor_update(suite)?];
    for column in [Column::W1, Column::W2, Column::W3] {
        benches.push(cached::<BoxedByKey>(suite, FLOOR_CACHED, column)?);
    }
    Ok(benches)
}

/// One changed feature of 1,000 (one with ten rules), parsed, compiled and published.
fn floor_update(suite: &Suite) -> Result<Bench, String> {
    let (payload, changed) = update(suite);
    let floor = Boxed::from_json(&payload, Patterns::Shared).map_err(|error| error.to_string())?;
    let published = ArcSwap::from_pointee(floor);
    Ok(Bench::new(
        FLOOR_UPDATE,
        Column::Update,
        move |iterations| {
            for _ in 0..iterations {
                let next = published
                    .load()
                    .with(black_box(&changed))
                    .expect("a flag of the payload");
                published.store(next.into());
            }
        },
    ))
}

/// A payload, and one of its features as an update carries it.
fn update(suite: &Suite) -> (String, String) {
    let payload = suite.payload(Email::Regex);
    let changed =
        render::featurehub::updated(payload.representative(Shape::TenRules), Email::Regex);
    (render::featurehub::render(payload), changed)
}

fn cached<E: Engine>(suite: &Suite, row: &'static str, column: Column) -> Result<Bench, String> {
    let engine = suite.load::<E>(column.email())?.ok_or("no payload")?;
    let (flag, context) = (
        engine.flag(suite.key(column).ok_or("one flag")?),
        engine.context(&suite.user),
    );
    let mut snapshot = Cache::new(Arc::new(ArcSwap::from_pointee(engine)));
    Ok(Bench::new(row, column, move |iterations| {
        for _ in 0..iterations {
            black_box(
                black_box(&mut snapshot)
                    .load()
                    .is_on(black_box(&flag), black_box(&context)),
            );
        }
    }))
}
