//! The scenarios that need an Edge which listens before it has a state. `fh serve` reads its file first, so only an Edge in this process
//! can run them. The command `server run --fh` runs all others, in the part "conformance" of `cargo xtask test`.

use fh_conformance::server::scenario::{ALL, Scenario};

use crate::edge::Ours;

/// The ids of the scenarios without a state.
const WITHOUT_STATE: [&str; 2] = ["S-GET-029", "S-OPS-001"];

#[test]
fn scenarios_without_a_state_pass() {
    for id in WITHOUT_STATE {
        let scenario = Scenario::named(id).unwrap();
        if let Err(failure) = scenario.run(&Ours) {
            panic!("{id} {}: {failure}", scenario.name);
        }
    }
}

#[test]
fn there_are_72_scenarios() {
    assert_eq!(ALL.len(), 72);
    let mut ids: Vec<&str> = ALL.iter().map(|scenario| scenario.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 72, "an id is used twice");
}
