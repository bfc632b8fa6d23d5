//! Compares our Edge with the recordings of a running FeatureHub server (D-90).

use fh_conformance::server::evaluations::Evaluations;
use fh_conformance::server::replay::{Deviations, Pace, replay};
use fh_conformance::server::state;
use fh_conformance::server::transcript::Transcript;
use fh_edge::{Monitoring, Options};

use crate::edge::Running;

fn options() -> Options {
    let mut options = Options::default();
    options.cache_control = Some("no-store, max-age=0".parse().unwrap());
    options.monitoring = Monitoring::Apart;
    options
}

#[test]
fn only_decided_differences_occur() {
    let transcript = Transcript::recorded().unwrap();
    let state = state::of_transcript(&transcript).unwrap();
    let edge = Running::start(&state, options());
    let report =
        replay(&edge.base, &transcript, &Deviations::ours().unwrap(), Pace::default()).unwrap();
    println!("{report}");
    assert!(report.is_clean(), "{report}");
    assert!(report.idle.is_empty(), "each rule applies to a step of the recording: {report}");
}

#[test]
fn nine_thousand_answers_are_the_recorded_ones() {
    let evaluations = Evaluations::recorded().unwrap();
    let edge = Running::start(&state::of_evaluations(&evaluations), options());
    let found =
        evaluations.ask(&edge.base, Evaluations::SERVER_KEY, Pace::default().patience).unwrap();
    assert!(found.wrong.is_empty(), "{found}");
    assert_eq!(found.answers, 9000);
}
