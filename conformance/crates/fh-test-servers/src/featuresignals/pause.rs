//! The wait before an answer.

use std::thread;
use std::time::Duration;

use crate::server::Faults;

use crate::featuresignals::fault::Fault;
use crate::featuresignals::state::Shared;

/// A time, and a release by the test. The answer is made before, so that later changes are not in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pause {
    delay: Duration,
    /// The number of releases before the request.
    held_since: Option<u64>,
}

impl Pause {
    /// Returns the wait that the faults of a request cause.
    pub(crate) fn new(faults: &Faults<Fault>, releases: u64) -> Self {
        let delay = faults.find(|fault| match fault {
            Fault::Delay(time) => Some(*time),
            _ => None,
        });
        let is_held = faults.has(&Fault::Hold);
        Self { delay: delay.unwrap_or_default(), held_since: is_held.then_some(releases) }
    }

    pub(crate) fn wait(self, shared: &Shared) {
        if !self.delay.is_zero() {
            thread::sleep(self.delay);
        }
        if let Some(releases) = self.held_since {
            shared.wait_for_release(releases);
        }
    }
}
