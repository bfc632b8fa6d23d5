//! The progress of a poll: the map of the flags, then the answers for named flags in parts.

use std::sync::Arc;

use fh_eval::{Attributes, Ruleset};

use super::answers::{self, Bulk, FlagMap};
use super::context::bulk_body;
use crate::action::ResponseHead;

/// Maximum number of flags that the server answers in one request.
pub(super) const PART: usize = 100;

/// The progress of a poll.
pub(super) struct Refresh {
    pub(super) context: Arc<Attributes>,
    /// True if the values come from answers for named flags.
    pub(super) wants_reasons: bool,
    pub(super) step: Step,
    /// The flags whose answers are asked for.
    pub(super) flag_keys: Vec<Box<str>>,
    /// The bodies that have arrived: the map, or the parts.
    pub(super) bodies: Vec<Vec<u8>>,
    /// The size of the bodies.
    pub(super) bytes: usize,
}

/// The request of a poll that is in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Map,
    Part,
}

/// The answers that are served.
pub(super) struct Held {
    pub(super) ruleset: Ruleset,
    pub(super) context: Arc<Attributes>,
    /// The digest of the bodies; `None` for answers of an earlier client.
    pub(super) digest: Option<String>,
}

/// The next request of a poll.
pub(super) enum NextRequest {
    Map,
    /// The answers for the flags of this body are asked for.
    Part(String),
}

impl Refresh {
    /// Returns the next request of the poll.
    pub(super) fn next_request(&self) -> NextRequest {
        match self.step {
            Step::Map => NextRequest::Map,
            Step::Part => {
                let keys = self.flag_keys.chunks(PART).nth(self.bodies.len()).unwrap_or_default();
                NextRequest::Part(bulk_body(keys, &self.context))
            }
        }
    }

    /// Compiles the answers of the bodies. If `only` is given, the other flags are left out.
    pub(super) fn compile(&self, only: Option<&[Box<str>]>) -> Result<Ruleset, String> {
        match (self.step, self.bodies.as_slice()) {
            (Step::Map, [map]) => Ok(FlagMap::parse(map)?.compile(only)),
            // The body of a server without flags is the empty map.
            (_, bodies) => {
                let parts = bodies.iter().map(|body| Bulk::parse(body));
                Ok(answers::compile(&parts.collect::<Result<Vec<_>, _>>()?))
            }
        }
    }
}

/// The head of an answer to a request of a poll.
pub(super) struct Answer {
    pub(super) head: ResponseHead,
    pub(super) refresh: Refresh,
}
