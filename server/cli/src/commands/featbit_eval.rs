//! `fh eval --system featbit`: evaluates the flags of a data-sync payload of FeatBit for a user.

use fh_eval::featbit::{Profile, User, reason};
use fh_eval::{FeatureRef, Subject, Timestamp};

use super::flags_eval::{self, Row, ValueId};
use crate::failure::{Failure, Status};
use crate::featbit::read;
use crate::screen::Screen;

pub(super) fn run(
    path: &str,
    profile: Profile,
    user: &User,
    keys: &[String],
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let flags = read(path, profile)?;
    let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
    let lint = format!("fh lint --system featbit {path}");
    flags_eval::run(&flags, keys, Some(&lint), |flag| row(flag, &subject), json, screen)
}

/// Returns the row of a flag.
pub(super) fn row<'r>(flag: FeatureRef<'r>, subject: &Subject<'r, Timestamp>) -> Row<'r> {
    let evaluation = flag.evaluate(subject);
    // A value of FeatBit is always a text.
    let text = evaluation.value().map(ToString::to_string);
    let json = text.and_then(|text| serde_json::to_string(&text).ok());
    let id = ValueId::VariationId(evaluation.variant());
    Row::of(flag, &evaluation, json, id, reason(&evaluation))
}
