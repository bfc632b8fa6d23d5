//! `fh explain --system featbit`: explains how a flag of FeatBit gets its value.

use fh_eval::featbit::{Profile, User, explain};

use crate::failure::{Failure, Status};
use crate::featbit::read;
use crate::json_output;
use crate::screen::Screen;

pub(super) fn run(
    key: &str,
    path: &str,
    profile: Profile,
    user: &User,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let flags = read(path, profile)?;
    let report = explain(flags.get(key)?, user).report();
    if json {
        json_output::document(screen.raw(), &report)?;
    } else {
        screen.lines(&report.lines())?;
    }
    Ok(Status::Fine)
}
