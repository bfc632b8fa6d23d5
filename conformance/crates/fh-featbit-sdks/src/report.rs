//! The tables: the published SDKs and our clients side by side, and what our clients miss.

use std::sync::Arc;
use std::thread;

use crate::arguments::{Arguments, Faults, Owner, Sdk};
use crate::faults;
use crate::insights::{self, Received};
use crate::large;
use crate::program::Program;
use crate::synchronisation::{self, Synchronisation};
use fh_conformance::data::Data;
use fh_conformance::systems::{Group, Set, compare, featbit_agreed, featbit_live};
use fh_test::table::{lines, seconds};

/// The environment of the running server whose flags are as FeatBit's user interface makes them.
const TAME: &str = "tame";

/// The measurements of one SDK.
struct Outcome {
    synchronisation: Synchronisation,
    agreed: Group,
    live: Group,
    received: Received,
}

/// Measures all SDKs at the same time, and prints the tables.
///
/// # Errors
/// One of our clients misses something, or a published SDK is not ready with the test server, which it is meant to prove.
pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let data = Data::folder(&arguments.data)
        .map_err(|why| format!("{}: {why}", arguments.data.display()))?;
    let agreed = Arc::new(featbit_agreed(&data).map_err(|why| why.to_string())?);
    let live = Arc::new(featbit_live(&data, TAME).map_err(|why| why.to_string())?);
    let sdks = arguments.sdks();
    let running: Vec<_> = sdks
        .iter()
        .cloned()
        .map(|sdk| {
            let (agreed, live) = (Arc::clone(&agreed), Arc::clone(&live));
            thread::spawn(move || measure(&sdk, &agreed, &live))
        })
        .collect();
    let mut outcomes = Vec::new();
    for (sdk, thread) in sdks.iter().zip(running) {
        let ended = thread.join().unwrap_or_else(|_| Err("its thread panicked".to_string()));
        outcomes.push((sdk, ended.map_err(|why| format!("{}: {why}", sdk.name))?));
    }
    println!("{}", lines(&rows(&outcomes)));
    let mut missed: Vec<String> =
        outcomes.iter().flat_map(|(sdk, outcome)| outcome.missed(sdk)).collect();
    for (sdk, outcome) in &outcomes {
        for why in outcome.agreed.ended.iter().chain(&outcome.live.ended) {
            println!("{}: {why}", sdk.name);
        }
        for (flag, different) in outcome.live.different.iter().filter(|_| sdk.owner == Owner::Ours)
        {
            let (count, rule) = (different.count, different.rule.unwrap_or("no known class"));
            println!(
                "{}: {count} answers to {flag} are not the running server's: {rule}",
                sdk.name
            );
        }
    }
    for sdk in &sdks {
        let is_measured = match arguments.faults {
            None => false,
            Some(Faults::Ours) => sdk.owner == Owner::Ours,
            Some(Faults::All) => true,
        };
        if is_measured {
            missed.extend(faults::run(sdk, arguments.server.as_deref())?);
        }
    }
    if arguments.faults == Some(Faults::All) {
        missed.extend(large::run(&sdks)?);
    }
    nothing_of(&missed)
}

/// Measures the start of all SDKs with many flags, one after the other, and prints a table.
///
/// # Errors
/// One of our clients misses something.
pub(crate) fn run_start(arguments: &Arguments) -> Result<(), String> {
    nothing_of(&large::run(&arguments.sdks())?)
}

/// Fails if our clients miss anything.
fn nothing_of(missed: &[String]) -> Result<(), String> {
    if missed.is_empty() { Ok(()) } else { Err(missed.join("; ")) }
}

fn measure(sdk: &Sdk, agreed: &[Set], live: &Set) -> Result<Outcome, String> {
    let mut program = Program::start(sdk)?;
    let mut group = |sets: &[Set]| compare(&mut program, sets).pop().unwrap_or_default();
    let (agreed, live) = (group(agreed), group(std::slice::from_ref(live)));
    Ok(Outcome {
        synchronisation: synchronisation::measure(&mut program)?,
        agreed,
        live,
        received: insights::measure(&mut program)?,
    })
}

fn rows(outcomes: &[(&Sdk, Outcome)]) -> Vec<Vec<String>> {
    let row = |name: &str, cell: &dyn Fn(&Outcome) -> String| {
        let cells = outcomes.iter().map(|(_, outcome)| cell(outcome));
        std::iter::once(name.to_string()).chain(cells).collect::<Vec<_>>()
    };
    let of = |compared: &Group| {
        let ended = match compared.ended.len() {
            0 => String::new(),
            count => format!(", {count} crash"),
        };
        format!("{} of {}{ended}", compared.equal, compared.all())
    };
    let heading = outcomes.iter().map(|(sdk, _)| sdk.name.clone());
    vec![
        std::iter::once(String::new()).chain(heading).collect(),
        row("ready", &|outcome| seconds(outcome.synchronisation.ready)),
        row("agreed cases", &|outcome| of(&outcome.agreed)),
        row("answers of the running server", &|outcome| of(&outcome.live)),
        row("a changed flag seen", &|outcome| seconds(outcome.synchronisation.changed_flag)),
        row("a changed segment seen", &|outcome| seconds(outcome.synchronisation.changed_segment)),
        row("back after a drop", &|outcome| seconds(outcome.synchronisation.after_drop)),
        row("back after a restart", &|outcome| seconds(outcome.synchronisation.after_restart)),
        row("evaluations received, of 1", &|outcome| outcome.received.evaluations.to_string()),
        row("metrics received, of 1", &|outcome| outcome.received.metrics.to_string()),
    ]
}

impl Outcome {
    /// Returns a line for each thing that our client must do and has not done. A published SDK must be ready only.
    fn missed(&self, sdk: &Sdk) -> Vec<String> {
        let steps = &self.synchronisation;
        let is_ours = sdk.owner == Owner::Ours;
        let checks = [
            ("ready", steps.ready.is_some()),
            ("all agreed cases", !is_ours || self.agreed.failures().next().is_none()),
            ("the running server's answers", !is_ours || self.live.failures().next().is_none()),
            ("a changed flag", !is_ours || steps.changed_flag.is_some()),
            ("a changed segment", !is_ours || steps.changed_segment.is_some()),
            ("a dropped connection", !is_ours || steps.after_drop.is_some()),
            ("a restart", !is_ours || steps.after_restart.is_some()),
            (
                "one evaluation and one metric",
                !is_ours || self.received == Received { evaluations: 1, metrics: 1 },
            ),
        ];
        let missed = checks.into_iter().filter(|(_, is_met)| !is_met);
        missed.map(|(check, _)| format!("{} misses: {check}", sdk.name)).collect()
    }
}
