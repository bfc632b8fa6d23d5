//! Two sessions that must behave alike, however bodies are divided into chunks.

use fh_session::{Config, Input, RequestId, RequestKind};

use super::hostile::Player;
use super::watched::Watched;

/// Two sessions with the same inputs, except that the second receives bodies in small chunks. Both must behave alike.
pub(super) struct Pair {
    whole: Watched,
    drip: Watched,
    /// The number of publications when the features of both were last compared.
    compared: u64,
    /// True if each step is printed, to understand a finding. Set by the variable `FH_STORY`.
    is_told: bool,
}

impl Pair {
    pub(super) fn new(config: Config, seed: u64) -> Self {
        let drip = Watched::new(config.clone(), seed);
        let whole = Watched::new(config, seed);
        let is_told = std::env::var_os("FH_STORY").is_some();
        Self { whole, drip, compared: 0, is_told }
    }

    /// Stops both sessions.
    pub(super) fn end(mut self) {
        self.whole.end();
        self.drip.end();
    }

    fn same(&mut self) {
        let (whole, drip) = (&self.whole, &self.drip);
        assert_eq!(whole.live, drip.live);
        assert_eq!(whole.status, drip.status);
        assert_eq!(whole.deadline(), drip.deadline(), "deadlines of {:?}", whole.status);
        if whole.publications != self.compared {
            self.compared = whole.publications;
            let features = |watched: &Watched| -> Option<Vec<String>> {
                let rules = watched.rules.as_ref()?;
                Some(rules.ruleset().iter().map(|feature| feature.json().to_string()).collect())
            };
            assert_eq!(features(whole), features(drip));
        }
    }
}

impl Player for Pair {
    fn tell<'a>(&mut self, now: u64, input: impl Fn() -> Input<'a>) {
        if self.is_told {
            let shown = |watched: &Watched| {
                let status = &watched.status;
                format!("{:?} {:?} due {:?}", status.connection, status.problem, watched.deadline())
            };
            eprintln!("{} | {}\n{now}: {:?}", shown(&self.whole), shown(&self.drip), input());
        }
        self.whole.tell(now, input());
        match input() {
            Input::Bytes { request_id, bytes } if !bytes.is_empty() => {
                // The chunks are single bytes, or longer if there would be more than 256 of them.
                for bytes in bytes.chunks((bytes.len() / 256).max(1)) {
                    self.drip.tell(now, Input::Bytes { request_id, bytes });
                }
            }
            other => self.drip.tell(now, other),
        }
        self.same();
    }

    fn deadline(&self) -> Option<u64> {
        self.whole.deadline()
    }

    fn live(&self) -> Option<RequestId> {
        self.whole.live
    }

    fn asked(&self) -> RequestKind {
        self.whole.asked
    }
}
