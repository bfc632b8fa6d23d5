//! Items for the tool `fh` and for the tests of this workspace. Any version may change or remove them.

use std::path::Path;

use fh_eval::Timestamp;
use fh_files::FileContent;

pub use crate::change_store::{DATA_FORMAT, DATA_THREAD};
use crate::edge::EdgeHandle;
pub use crate::lint::countries::named as country_of_code;
pub use crate::lint::{CODES, Finding, Level, lint, millionths};
pub use crate::metrics::{DroppedLogLines, LogKind};
pub use crate::notices::Topic;
pub use crate::origin::file::last_good::LastGood;
use crate::origin::file::{self, FileError, Loaded};
use crate::origin::relay::RelayOptions;
use crate::state::file::Options;
pub use crate::state::schema::{STATE_FORMAT, STATE_SCHEMA, STATE_SCHEMA_FILE};
pub use crate::state_store::READ_ONLY;
#[cfg(feature = "cluster")]
use crate::state_store::StateStore;

/// The maximum length of the text of a state in bytes.
pub const MOST_STATE_BYTES: u64 = crate::state::file::MOST_BYTES;

/// An example of a state file, with comments. Its environment ids and the keys CLIENT*KEY, SERVER-KEY and TESTS*KEY are placeholders.
pub const TEMPLATE: &str = include_str!("state/template.yaml");

/// Reads the rows of a cluster's database: a stored state, and the changes of a commit. Returns the stored state after the changes.
///
/// # Errors
/// Returns the reason why one of them cannot be read, or why they do not belong together.
#[cfg(feature = "cluster")]
pub fn read_rows(state: &str, changes: &str) -> Result<String, String> {
    let mut store = StateStore::from_stored(state)?;
    store.apply_stored(changes)?;
    store.to_stored()
}

/// Sets the notice of a topic; `None` removes the notice. Readiness shows notices in its body and keeps its status, since notices are for
/// problems that do not keep the Edge from serving.
pub fn set_notice(handle: &EdgeHandle, topic: Topic, notice: Option<String>) {
    handle.set_notice(topic, notice);
}

/// Adds the numbers of dropped log lines to `/metrics`.
pub fn show_dropped_log_lines(handle: &EdgeHandle, lines: &DroppedLogLines) {
    handle.show_dropped_log_lines(lines);
}

/// Sets the clock that a relay uses, for example for [`RelayLimits::max_age`](crate::origin::relay::RelayLimits::max_age) and
/// [`RelayLimits::revoke_after`](crate::origin::relay::RelayLimits::revoke_after), so that a test need not wait.
#[must_use]
pub fn with_clock(
    options: RelayOptions,
    clock: impl Fn() -> Timestamp + Send + Sync + 'static,
) -> RelayOptions {
    options.clock(clock)
}

/// Makes the reader of state files ignore the accounts of a state file, for programs that only evaluate features. The variables that hold
/// the keys of the accounts need not be set then.
#[must_use]
pub fn without_accounts(options: Options) -> Options {
    options.without_accounts()
}

/// Reads a state from the content of an object. `name` is the name of the object in errors, and may begin with an environment id as the name
/// of a state file.
///
/// # Errors
/// Returns [`FileError`] if the content is not a valid state.
pub fn parse_state(
    name: &Path,
    content: FileContent,
    options: &Options,
) -> Result<Loaded, FileError> {
    file::parse(name, options, Ok(content))
}
