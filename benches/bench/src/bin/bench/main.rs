//! Measures the engine against its peers and against the floor. `--help` describes the measurement, the README its reasons.

mod extras;
mod goals;

use std::process::ExitCode;

use clap::Parser;
use engines::{
    ConfigCat, Eppo, FeatBit, FhEval, FhEvalByHandle, GrowthBook, LaunchDarkly, Yggdrasil,
    YggdrasilCounting,
};
use harness::{
    BoxedByHandle, BoxedByKey, BoxedOwnPatterns, Column, Counting, Engine, Extras, FlatByHandle,
    JsonValue, Loader, Locked, Options, Role, Row, Suite, Swapped, heap_child, measure, report,
    target,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Measures the feature flag engine against its peers and against a hand-written floor.
///
/// First every engine must give the expected answer for every flag and 256 users. Then, all in this process: interleaved
/// rounds in random order of about 4 ms per bench (16 ms where all 1,000 flags are evaluated), medians; single calls
/// right after 64 MiB of other memory traffic; one and two threads; loading. Heap figures come from one child process
/// per engine. Absolute figures hold for this run, ratios are what counts. Do not build this with the feature `statsig`,
/// whose dependencies change how the others are compiled.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    let Arguments { options } = Arguments::parse();
    harness::end(bench(&options))
}

fn rows() -> Vec<Row> {
    vec![
        Row::of::<FlatByHandle>(Role::Floor),
        Row::of::<BoxedByHandle>(Role::Floor),
        Row::of::<BoxedByKey>(Role::Floor),
        Row::of::<Swapped<BoxedByKey>>(Role::Floor),
        Row::of::<BoxedOwnPatterns>(Role::Floor),
        Row::of::<Swapped<FhEval>>(Role::Ours),
        Row::of::<FhEval>(Role::Variant),
        Row::of::<FhEvalByHandle>(Role::Variant),
        Row::of::<Yggdrasil>(Role::Peer),
        Row::of::<Eppo>(Role::Peer),
        Row::of::<FeatBit>(Role::Peer),
        Row::of::<LaunchDarkly>(Role::Peer),
        Row::of::<GrowthBook>(Role::Peer),
        Row::of::<ConfigCat>(Role::Peer),
    ]
}

fn bench(options: &Options) -> Result<(), String> {
    if let Some(row) = &options.heap_of {
        return heap_child(&rows(), row);
    }
    refuse_foreign_features()?;
    let rows: Vec<Row> = rows().into_iter().filter(|row| options.wants(row.name)).collect();
    let suite = Suite::default();
    let extras = Extras {
        benches: extras::benches(&suite)?,
        targets: vec![
            target::<Locked>(&suite, Locked::NAME, Column::W2)?,
            target::<Yggdrasil>(&suite, "yggdrasil (W1 flag)", Column::W1)?,
            target::<Yggdrasil>(&suite, "yggdrasil (W3 flag)", Column::W3)?,
            target::<YggdrasilCounting>(&suite, YggdrasilCounting::NAME, Column::W2)?,
        ],
        loaders: vec![Loader::new::<JsonValue>],
    };
    let figures = measure(&rows, extras, options)?;
    let mut report = report(&rows, &figures, BoxedByKey::NAME);
    report.tables.extend(goals::tables(&figures, &rows));
    report.notes.push("flipt is left out: its engine is in no registry.".to_owned());
    options.write(&report, "Measured against peers and the floor")
}

/// Fails if this program was built together with Statsig. Its dependencies enable features of `serde_json` and
/// `regex-automata` for all crates of the build, which makes the compilation of regular expressions many times slower for
/// all engines.
fn refuse_foreign_features() -> Result<(), String> {
    let value: serde_json::Value =
        serde_json::from_str(r#"{"b":0,"a":0}"#).map_err(|error| error.to_string())?;
    let first = value.as_object().and_then(|map| map.keys().next());
    if first.is_some_and(|key| key == "b") {
        return Err("built together with `statsig`: use `cargo run --release -p bench`".to_owned());
    }
    Ok(())
}
