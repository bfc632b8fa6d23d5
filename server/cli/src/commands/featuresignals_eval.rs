//! `fh eval --system featuresignals`: evaluates the flags of a ruleset of FeatureSignals for a context.

use fh_eval::featuresignals::{Context, reason};
use fh_eval::{FeatureRef, Subject, Timestamp};

use super::flags_eval::{self, Row, ValueId};
use crate::failure::{Failure, Status};
use crate::featuresignals::{json_of, read};
use crate::screen::Screen;

pub(super) fn run(
    path: &str,
    context: &Context,
    now: Timestamp,
    keys: &[String],
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let flags = read(path)?;
    let subject = Subject::new(context.attributes(), now);
    let lint = format!("fh lint --system featuresignals {path}");
    flags_eval::run(&flags, keys, Some(&lint), |flag| row(flag, &subject), json, screen)
}

/// Returns the row of a flag.
pub(super) fn row<'r>(flag: FeatureRef<'r>, subject: &Subject<'r, Timestamp>) -> Row<'r> {
    let evaluation = flag.evaluate(subject);
    let id = ValueId::VariantKey(evaluation.variant());
    Row::of(flag, &evaluation, json_of(&evaluation), id, reason(&evaluation))
}
