//! `adapter check` finds each defect of an adapter by the check that is meant for it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;

use fh_conformance::adapter::AdapterCommand;
use fh_conformance::adapter_check::{check, check_only};
use fh_conformance::data::{Capability, Data};

/// Returns the path of the adapter with defects, which cargo builds beside the tests.
fn bad_adapter() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().join("examples/bad_adapter")
}

/// Returns the command of an adapter with this defect.
fn adapter(defect: &str) -> AdapterCommand {
    let program = env!("CARGO_BIN_EXE_fh-conformance");
    format!("'{}' '{program}' {defect}", bad_adapter().display()).parse().unwrap()
}

fn capabilities() -> Vec<Capability> {
    Capability::load(&Data::embedded()).unwrap()
}

#[test]
fn an_adapter_without_a_defect_passes() {
    let checked = check(&adapter("none"), &capabilities(), |_| {});
    assert!(checked.results.len() >= 15);
    assert!(checked.is_good(), "{:?}", checked.results);
}

macro_rules! defects {
    ($($test:ident: $defect:literal => $check:literal;)+) => {
        $(
            #[test]
            fn $test() {
                // The other checks are left out, because they wait for what an adapter with a defect never does.
                let problem = check_only(&adapter($defect), &capabilities(), $check).unwrap();
                assert!(problem.is_some(), "{} passes", $check);
            }
        )+
    };
}

defects! {
    the_protocol: "speaks-protocol-2" => "hello names the protocol and the SDK";
    an_unknown_capability: "names-no-capability" => "cannot names capabilities, with reasons";
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
