//! Loads payloads that are very large or hostile, and prints the outcome, the time and the memory of each.
//!
//! Run it with `cargo run --release -p fh-eval --features featbit,featuresignals --example hostile`, and with a part of a case's name to run
//! only some. Each case runs in its own process, so that its peak memory can be measured. It is read from `/proc`, so on Linux only. The
//! cases of FeatBit and FeatureSignals run with a stack of 256 KiB.
#![allow(clippy::unwrap_used, clippy::expect_used)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "starts a process for each case and measures its time and memory"
)]

#[cfg(feature = "featbit")]
mod featbit;
mod featurehub;
#[cfg(feature = "featuresignals")]
mod featuresignals;

#[cfg(any(feature = "featbit", feature = "featuresignals"))]
use std::fmt::Write;
use std::process::Command;
use std::time::Instant;

use fh_eval::{Attributes, Ruleset, Subject, Timestamp};

/// A name, and the function that makes the payload.
type Case = (&'static str, fn() -> String);

/// The cases of a system.
struct System {
    name: &'static str,
    cases: &'static [Case],
    load: fn(&str) -> Result<Ruleset, String>,
    context: fn() -> Attributes,
    /// Size of the stack in bytes.
    stack: usize,
}

const MANY: usize = 8 << 20;
#[cfg(any(feature = "featbit", feature = "featuresignals"))]
const FEW: usize = 256 << 10;

const SYSTEMS: &[System] = &[
    System {
        name: "featurehub",
        cases: featurehub::CASES,
        load: featurehub::load,
        context: featurehub::context,
        stack: MANY,
    },
    #[cfg(feature = "featbit")]
    System {
        name: "featbit",
        cases: featbit::CASES,
        load: featbit::load,
        context: featbit::context,
        stack: FEW,
    },
    #[cfg(feature = "featuresignals")]
    System {
        name: "featuresignals",
        cases: featuresignals::CASES,
        load: featuresignals::load,
        context: featuresignals::context,
        stack: FEW,
    },
    #[cfg(feature = "featuresignals")]
    System {
        name: "answers of featuresignals",
        cases: featuresignals::ANSWERS,
        load: featuresignals::answers,
        context: featuresignals::context,
        stack: FEW,
    },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [system, case] = arguments.as_slice() {
        let system: usize = system.parse().expect("a system's number");
        let system = SYSTEMS.get(system).expect("a system's number");
        return run(system, case.parse().expect("a case's number"));
    }
    let part = arguments.first().map_or("", String::as_str);
    println!(
        "{:<66} {:>9} {:>10} {:>10} {:>10} {:>9}  outcome",
        "payload", "size", "context", "load", "all", "peak"
    );
    for (number, system) in SYSTEMS.iter().enumerate() {
        for (case, (name, _)) in system.cases.iter().enumerate() {
            if !format!("{}: {name}", system.name).contains(part) {
                continue;
            }
            let this = std::env::current_exe().unwrap();
            let arguments = [number.to_string(), case.to_string()];
            let output = Command::new(this).args(arguments).output().unwrap();
            let failure = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {name}: {failure}", system.name);
            print!("{}", String::from_utf8_lossy(&output.stdout));
        }
    }
}

fn run(system: &'static System, case: usize) {
    let thread = std::thread::Builder::new().stack_size(system.stack);
    thread.spawn(move || measure(system, case)).unwrap().join().unwrap();
}

fn measure(system: &System, case: usize) {
    let (name, make) = system.cases.get(case).expect("a case's number");
    let payload = make();
    let begin = Instant::now();
    let context = (system.context)();
    let built = begin.elapsed();
    let before = peak();
    let begin = Instant::now();
    let ruleset = (system.load)(&payload);
    let loaded = begin.elapsed();
    let begin = Instant::now();
    let outcome = match &ruleset {
        Err(refused) => refused.clone(),
        Ok(ruleset) => {
            let (mut matched, mut set) = (0, 0);
            let subject = Subject::new(&context, Timestamp::from_millis(0));
            ruleset.evaluate_all(&subject, |_, evaluation| {
                matched += u32::from(evaluation.is_match());
                set += u32::from(evaluation.is_set());
            });
            let diagnostics = ruleset.diagnostics().count();
            format!(
                "{} flags, {matched} matched, {set} values, {diagnostics} diagnostics",
                ruleset.len()
            )
        }
    };
    let evaluated = begin.elapsed();
    println!(
        "{:<66} {:>6.1} MB {:>7.1} ms {:>7.1} ms {:>7.1} ms {:>6.0} MB  {outcome:.90}",
        format!("{}: {name}", system.name),
        payload.len() as f64 / 1e6,
        built.as_secs_f64() * 1e3,
        loaded.as_secs_f64() * 1e3,
        evaluated.as_secs_f64() * 1e3,
        (peak() - before) / 1024.0,
    );
}

/// Returns the peak resident memory in KiB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(f64::NAN)
}

/// Returns a JSON list of texts, such as `["key 0","key 1"]`.
#[cfg(any(feature = "featbit", feature = "featuresignals"))]
fn keys(count: usize) -> String {
    list(count, |index, text| {
        let _ = write!(text, "\"key {index}\"");
    })
}

/// Returns a list of 1,000,000 numbers, which are no rules, strategies or segments.
fn mistakes() -> String {
    list(1_000_000, |_, text| text.push('7'))
}

/// Returns lists in lists.
#[cfg(any(feature = "featbit", feature = "featuresignals"))]
fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

fn list(count: usize, mut each: impl FnMut(usize, &mut String)) -> String {
    let mut text = String::from("[");
    for index in 0..count {
        if index > 0 {
            text.push(',');
        }
        each(index, &mut text);
    }
    text.push(']');
    text
}
