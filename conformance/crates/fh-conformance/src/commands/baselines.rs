//! Baselines on the command line.

use std::path::Path;

use super::Problem;
use crate::baseline::{Baseline, BaselineError};
use crate::recording::Recording;

/// Reads a baseline, or a recording, whose failures with reasons are a baseline.
pub(super) fn read_baseline(path: &Path) -> Result<Baseline, Problem> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Problem::Outside(format!("{}: {error}", path.display())))?;
    let baseline = match Recording::is_recording(&text) {
        true => Recording::parse(&text).map(|recording| recording.baseline()),
        false => Baseline::parse(&text),
    };
    baseline.map_err(|problem| Problem::Usage(format!("{}: {problem}", path.display())))
}

pub(super) fn refuse(error: BaselineError) -> Result<(), Problem> {
    match error {
        BaselineError::Invalid(problem) => Err(Problem::Usage(problem)),
        BaselineError::Changed(problem) => Err(Problem::Failed(problem)),
    }
}
