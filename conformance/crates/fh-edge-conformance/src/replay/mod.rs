//! The recorded conversation, held again with another server: every request is sent as it was, every answer laid
//! beside the recorded one.
//!
//! What a server chooses freely is translated, not ignored: each recorded etag and each recorded version must
//! stand for one of the server's all the time, and versions must rise where they rose (D-90). Where our Edge
//! answers something else on purpose, `deviations.json` says what and why; a difference that is not there, and
//! an entry that nothing needs, are failures.

mod answer;
mod asked;
mod deviations;
mod driver;
mod etags;
mod report;
mod versions;
mod watch;

pub use deviations::{BadDeviations, Deviation, Deviations};
pub use driver::{Pace, replay};
pub use report::{Report, Row};
