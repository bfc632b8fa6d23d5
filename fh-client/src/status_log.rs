//! The logs and metrics of the driver.

use std::collections::HashSet;
use std::io;

use fh_repository::Repository;
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_repository::status::SessionStatus;
use fh_repository::system::System;
use fh_repository::time::Millis;
use tracing::{debug, error, info, warn};

use crate::reporting::Reporting;
use crate::server::Server;

/// The maximum number of different notices that are logged as warnings. Further notices are logged at debug level.
const MOST_NOTICES: usize = 256;

/// Logs a line with the URL, under the noun of the server, and the environment.
macro_rules! record {
    ($level:ident, $log:ident, $($rest:tt)*) => {
        $level!(
            edge = $log.edge.as_deref(),
            server = $log.server.as_deref(),
            environment = $log.environment,
            $($rest)*
        )
    };
}

/// The logs and metrics of one client. A kind of problem, except the end of a stream, is logged as a warning once, and again
/// only after the client had no problem in between. A client of a context pool logs its state at debug level only.
pub(crate) struct StatusLog {
    system: System,
    /// The URL, if the server is an Edge.
    edge: Option<String>,
    /// The URL, if the server is one of another system.
    server: Option<String>,
    environment: String,
    reporting: Reporting,
    /// The kinds of problems that were logged as warnings since the client last had no problem.
    troubles: HashSet<&'static str>,
    /// True if the last write of the snapshot file failed.
    is_unsaved: bool,
    notices: HashSet<String>,
    #[cfg(feature = "metrics")]
    gauges: crate::metrics::Gauges,
}

impl StatusLog {
    pub(crate) fn new(server: &Server, reporting: Reporting) -> Self {
        let environment = server.environment.to_string();
        let (system, url) = (server.system, Some(server.url.to_string()));
        let (edge, server) = if system == System::FeatureHub { (url, None) } else { (None, url) };
        Self {
            system,
            edge,
            server,
            #[cfg(feature = "metrics")]
            gauges: crate::metrics::Gauges::new(&environment, reporting),
            environment,
            reporting,
            troubles: HashSet::new(),
            is_unsaved: false,
            notices: HashSet::new(),
        }
    }

    /// Uses the environment of this server in all later logs and metrics, except the metrics of evaluations.
    pub(crate) fn server(&mut self, server: &Server) {
        let environment = &*server.environment;
        if *environment != *self.environment {
            #[cfg(feature = "metrics")]
            self.gauges.moved(environment);
            self.environment = environment.to_string();
        }
    }

    /// Logs the differences between the last status and this status, and updates the metrics.
    pub(crate) fn status(&mut self, last: &SessionStatus, status: &SessionStatus) {
        #[cfg(feature = "metrics")]
        self.gauges.status(last, status);
        if status.connection != last.connection {
            record!(
                debug,
                self,
                from = %last.connection,
                to = %status.connection,
                attempts = status.attempts,
                "the state of the connection has changed"
            );
        }
        match self.reporting {
            Reporting::Full => self.for_people(last, status),
            Reporting::Brief => self.for_debugging(last, status),
        }
    }

    fn for_people(&mut self, last: &SessionStatus, status: &SessionStatus) {
        self.problem(last, status);
        if status.readiness != last.readiness {
            self.readiness(status);
        }
    }

    fn for_debugging(&self, last: &SessionStatus, status: &SessionStatus) {
        if status.readiness != last.readiness || status.problem != last.problem {
            record!(
                debug,
                self,
                problem = status.problem.as_ref().map_or("", Problem::as_str),
                "readiness of a context in a pool: {}",
                status.readiness
            );
        }
    }

    fn problem(&mut self, last: &SessionStatus, status: &SessionStatus) {
        let Some(problem) = &status.problem else {
            if !self.troubles.is_empty() {
                self.troubles.clear();
                record!(info, self, "the {} answers again", self.system.server());
            }
            return;
        };
        if last.problem.as_ref() == Some(problem) && last.attempts == status.attempts {
            return;
        }
        let is_routine = matches!(problem, Problem::Disconnected | Problem::ClosedEarly);
        if is_routine || !self.troubles.insert(problem.as_str()) {
            record!(
                debug,
                self,
                attempts = status.attempts,
                problem = problem.as_str(),
                "{}",
                problem.on(self.system)
            );
        } else {
            record!(warn, self, problem = problem.as_str(), "{}", problem.on(self.system));
        }
    }

    fn readiness(&self, status: &SessionStatus) {
        match status.readiness {
            Readiness::Ready => {
                record!(
                    info,
                    self,
                    source = status.source.as_ref().map_or("", |source| source.as_str()),
                    "the client is ready"
                );
            }
            Readiness::Failed => {
                record!(
                    error,
                    self,
                    problem = status.problem.as_ref().map_or("", Problem::as_str),
                    "the {} refuses this client",
                    self.system.server()
                );
            }
            other => {
                record!(debug, self, "{other}");
            }
        }
    }

    /// Logs a notice. A notice whose text was already logged as a warning is not logged again.
    pub(crate) fn notice(&mut self, notice: &Notice) {
        let text = notice.to_string();
        if self.notices.contains(&text) {
            return;
        }
        if self.reporting == Reporting::Full && self.notices.len() < MOST_NOTICES {
            // Code is often deployed before its feature exists.
            if matches!(notice, Notice::FeatureNotFound { meant: None, .. }) {
                record!(info, self, "{text}");
                self.notices.insert(text);
                return;
            }
            record!(warn, self, "{text}");
            self.notices.insert(text);
        } else {
            record!(debug, self, "{text}");
        }
    }

    /// Logs a failed write of the snapshot file if the write before did not fail, and a successful write if the write before
    /// failed.
    pub(crate) fn saved(&mut self, outcome: &io::Result<()>) {
        let was_unsaved = std::mem::replace(&mut self.is_unsaved, outcome.is_err());
        match outcome {
            Err(why) if !was_unsaved => {
                warn!(environment = self.environment, %why, "the snapshot was not written");
            }
            Ok(()) if was_unsaved => {
                info!(
                    environment = self.environment,
                    "the snapshot was written, after an attempt that failed"
                );
            }
            _ => {}
        }
    }

    /// Returns the time of the next call of [`Self::measure`], or `None` if the cargo feature `metrics` is off.
    pub(crate) fn next_measurement(&self) -> Option<Millis> {
        #[cfg(feature = "metrics")]
        return Some(self.gauges.next);
        #[cfg(not(feature = "metrics"))]
        None
    }

    /// Updates the gauges that change with time, and the counter of dropped events. Does nothing without the cargo feature
    /// `metrics`.
    #[cfg_attr(
        not(feature = "metrics"),
        expect(
            clippy::unused_self,
            clippy::needless_pass_by_ref_mut,
            unused_variables,
            reason = "only the gauges use the parameters"
        )
    )]
    pub(crate) fn measure(&mut self, repository: &Repository, now: Millis) {
        #[cfg(feature = "metrics")]
        self.gauges.measure(repository, now);
    }
}
