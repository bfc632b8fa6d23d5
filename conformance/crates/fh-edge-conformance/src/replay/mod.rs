//! The recorded conversation, held again with another server: every request is sent as it was, every answer laid
//! beside the recorded one.
//!
//! What a server chooses freely is translated, not ignored: each recorded etag and each recorded version must
//! stand for one of the server's all the time, and versions must rise where they rose (D-90). Where our Edge
//! answers something else on purpose, `deviations.json` says what and why, as rules about requests and recorded
//! answers that hold for any recording; a difference that no rule allows, and a rule that is about some request
//! and changes no answer, are failures.

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
