//! Interceptors and observers that belong to another client.

use std::sync::Arc;
use std::time::Duration;

use fh_repository::{
    Dispatch, Flow, InterceptedRead, Interceptor, Observer, UsageEvent, UsageSummary,
};

/// An interceptor or observer that an isolated client shares with the client that made the isolated client. It forwards all
/// calls except `close`, because the handler belongs to the other client.
pub(super) struct Borrowed<T: ?Sized>(pub(super) Arc<T>);

impl Interceptor for Borrowed<dyn Interceptor> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        self.0.intercept(ask)
    }
}

impl Observer for Borrowed<dyn Observer> {
    fn observe(&self, event: &UsageEvent) {
        self.0.observe(event);
    }

    fn dispatch(&self) -> Dispatch {
        self.0.dispatch()
    }

    fn summary(&self, summary: &UsageSummary) {
        self.0.summary(summary);
    }

    fn flush(&self, limit: Duration) {
        self.0.flush(limit);
    }
}
