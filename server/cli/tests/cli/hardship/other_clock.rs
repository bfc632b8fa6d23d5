//! Two servers of one state at a URL, whose clocks are 60 s apart.

use std::process::Command;
use std::time::{Duration, SystemTime};

use fh_test::wait::wait_for;

use super::{ALL, ONLY};
use crate::serve::state_url::{Object, POLL, ago, object, start, version};
use crate::serve::{Serving, banner};

pub(super) const NAME: &str = "a clock 60 s behind";

#[test]
fn a_client_that_moves_to_a_server_whose_clock_is_behind_sees_the_next_change() {
    if std::env::var(ONLY).is_ok_and(|only| only != NAME) {
        return;
    }
    if Command::new("faketime").arg("--version").output().is_err() {
        println!("    *** {NAME}: NOT RUN: the Debian package faketime is missing ***");
        assert!(std::env::var(ALL).is_err(), "conditions are not run");
        return;
    }
    let source = Object::serve(object("one", ago(500)));
    let ahead = start(&source.url, &[]);
    let behind = Serving::start(
        &source.url,
        &POLL,
        &[
            ("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1"),
            ("FAKETIME", "-60s"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ],
    );
    let answer = behind.get("/health/liveness");
    let date = answer.lines().find_map(|line| line.strip_prefix("date: ")).unwrap();
    let date = httpdate::parse_http_date(date).unwrap();
    let late = SystemTime::now().duration_since(date).unwrap();
    assert!(late >= Duration::from_secs(60), "the clock is {late:?} behind");
    let held = version(&ahead, "BANNER");
    assert_eq!(version(&behind, "BANNER"), held);
    source.set(object("two", ago(90)));
    wait_for("the change", || (banner(&behind.url) == "two").then_some(()));
    assert!(version(&behind, "BANNER") > held, "a client with {held} takes the change");
}
