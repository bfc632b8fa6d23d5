//! Replays the recorded conversation with another server: every request is sent as recorded, and every answer is compared with the recorded
//! one.
//!
//! Values that a server may choose freely are translated, not ignored. Each recorded etag and version must always correspond to the same
//! one of the server, and versions must rise where the recorded ones rose (D-90).
//!
//! The intended differences of our Edge are in `deviations.json`: rules about requests and recorded answers that apply to any recording,
//! with their reasons. A difference that no rule allows is a failure. A rule that applies to a request but changes no answer is a failure,
//! too.

mod answer;
mod asked;
mod deviations;
mod driver;
mod etags;
mod order;
mod report;
mod rule;
mod versions;
mod watch;
mod when;

pub(crate) use asked::keys as request_keys;
pub use deviations::{BadDeviations, Deviation, Deviations};
pub use driver::{Pace, record, replay};
pub use report::{Report, Row};
pub use rule::Rule;
pub use when::{BodyForm, Condition, ContextForm, KeyCount, Route, When};
