//! `adapter check` finds each defect of an adapter by the check that is meant for it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;

use fh_conformance::adapter::AdapterCommand;
use fh_conformance::adapter_check::check;
use fh_conformance::data::{Capability, Data};

/// Returns the path of the adapter with defects, which cargo builds beside the tests.
fn bad_adapter() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().join("examples/bad_adapter")
}

/// Returns the names of the checks that fail for an adapter with this defect.
fn failing(defect: &str) -> Vec<&'static str> {
    let program = env!("CARGO_BIN_EXE_fh-conformance");
    let command = format!("'{}' '{program}' {defect}", bad_adapter().display());
    let command: AdapterCommand = command.parse().unwrap();
    let checked = check(&command, &Capability::load(&Data::embedded()).unwrap());
    let results = checked.results.into_iter();
    results.filter(|result| result.problem.is_some()).map(|result| result.name).collect()
}

#[test]
fn an_adapter_without_a_defect_passes() {
    assert_eq!(failing("none"), Vec::<&str>::new());
}

macro_rules! defects {
    ($($test:ident: $defect:literal => $check:literal;)+) => {
        $(
            #[test]
            fn $test() {
                let failing = failing($defect);
                assert!(failing.contains(&$check), "{failing:?}");
            }
        )+
    };
}

defects! {
    the_protocol: "speaks-protocol-2" => "hello names the protocol and the SDK";
    a_missing_capability: "forgets-a-capability" => "each capability is declared once";
    a_slow_create: "creates-slowly" => "create answers within a second";
    the_order_of_answers: "reverses-answers" => "answers keep the order of the reads";
    decimals: "drops-decimals" => "numbers keep their decimals in text";
    unknown_members: "refuses-unknown-members" => "null and unknown members are ignored";
    ignored_settings: "ignores-nonsense" => "ignored settings are paths of settings";
    unknown_clients: "answers-unknown-clients" => "unknown operations and clients are errors of the adapter";
    declared_operations: "refuses-what-it-declares" => "declared operations answer";
    undeclared_operations: "denies-what-it-can" => "missing capabilities answer unsupported";
    standard_output: "prints" => "nothing but the protocol is printed";
    shared_clients: "shares-clients" => "two clients share nothing";
    cached_values: "caches" => "values are not cached and reads send no requests";
    listeners_that_throw: "dies-with-a-listener" => "a listener that throws kills nothing";
    closed_clients: "forgets-closed-clients" => "a closed client answers";
    the_end_of_input: "ignores-the-end" => "the end of the input ends the adapter";
}
