//! `fh explain --system featuresignals`: explains how a flag of FeatureSignals gets its value.

use fh_eval::Timestamp;
use fh_eval::featuresignals::{Context, explain};

use crate::failure::{Failure, Status};
use crate::featuresignals::read;
use crate::json_output;
use crate::screen::Screen;

pub(super) fn run(
    key: &str,
    path: &str,
    context: &Context,
    now: Timestamp,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let flags = read(path)?;
    let report = explain(flags.get(key)?, context, now).report();
    if json {
        json_output::document(screen.raw(), &report)?;
    } else {
        screen.lines(&report.lines())?;
    }
    Ok(Status::Fine)
}
