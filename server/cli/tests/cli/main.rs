//! Tests of the program `fh`, run as a process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bucket;
mod cases;
#[cfg(unix)]
mod cluster;
mod demo;
mod doctor;
mod eval;
mod explain;
mod featbit;
mod featbit_server;
mod featuresignals;
mod featuresignals_lint;
mod featuresignals_server;
mod following;
mod get;
#[cfg(target_os = "linux")]
mod hardship;
mod init;
mod inputs;
mod lint;
#[cfg(target_os = "linux")]
mod nginx;
#[cfg(target_os = "linux")]
mod operators;
mod probe;
mod readme;
mod rollout;
mod secure;
mod self_description;
mod serve;
mod set;
#[cfg(unix)]
mod signals;

mod tool;
mod usage;
mod watch;
mod wrong_inputs;
