//! The check of settings before a start, which must leave no thread and no descriptor to fork.

use std::fs;

use fh_client::{Client, StartError};

use crate::Test;
use crate::child::{builder, edge};

pub(crate) const TESTS: &[Test] = &[("a_check_opens_nothing", a_check_opens_nothing)];

fn entries(folder: &str) -> usize {
    fs::read_dir(folder).unwrap().count()
}

fn a_check_opens_nothing() {
    let edge = edge();
    let settings = builder(&edge).snapshot_file("no-such-folder/features.json");
    let default = Client::builder(edge.url(), edge.client_key());
    let before = (entries("/proc/self/task"), entries("/proc/self/fd"));
    assert_eq!(settings.check(), Ok(()));
    assert_eq!(default.check(), Ok(()));
    assert_eq!(default.streaming().api_key("other/key").check().map_err(kind), Err("keys"));
    assert_eq!((entries("/proc/self/task"), entries("/proc/self/fd")), before);
    assert_eq!(edge.recording().connections.len(), 0);
}

fn kind(error: StartError) -> &'static str {
    match error {
        StartError::Keys(_) => "keys",
        _ => "other",
    }
}
