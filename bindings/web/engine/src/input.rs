//! The numbers and features that JavaScript passes in.

use fh_eval::featurehub::Compilation;
use fh_eval::{Profile, Subject, Timestamp};

use crate::texts;

/// The time of an evaluation.
#[cfg(not(feature = "traps"))]
pub(crate) type Now = Timestamp;
#[cfg(feature = "traps")]
pub(crate) type Now = crate::traps::TrappingClock;

/// A context, or none, at a time.
pub(crate) type SubjectAtTime<'a> = Subject<'a, Now>;

/// Returns the profile with this number: 0 is `client`, every other number is `edge`.
pub(crate) const fn profile_of(number: u32) -> Profile {
    if number == 0 { Profile::Client } else { Profile::Edge }
}

/// Returns the time from milliseconds since 1970, cut to whole milliseconds. NaN is 1970.
pub(crate) const fn timestamp(now: f64) -> Now {
    let now = Timestamp::from_millis(now as i64);
    #[cfg(feature = "traps")]
    let now = crate::traps::TrappingClock(now);
    now
}

/// Adds features to a ruleset, up to the first feature that needs a part which this build lacks.
pub(crate) fn add_to(compilation: &mut Compilation<'_>, features: &[u8]) {
    let features = std::str::from_utf8(features).unwrap_or_default();
    for feature in features.split(texts::END).filter(|feature| !feature.is_empty()) {
        if compilation.lacks_a_part() {
            break;
        }
        #[cfg(feature = "traps")]
        crate::traps::while_compiling(feature);
        compilation.add(feature);
    }
}
