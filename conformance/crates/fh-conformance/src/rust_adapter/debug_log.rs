//! The log of this project's crates on standard error, for the setting `debug`.

use std::io;

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging for the whole process. Later calls have no effect.
pub(super) fn start() {
    // The names of all this project's crates begin with `fh`. Other crates would log API keys, which is no property of the client.
    let targets = Targets::new().with_target("fh", LevelFilter::TRACE);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    let _ = tracing_subscriber::registry().with(layer.with_filter(targets)).try_init();
}
