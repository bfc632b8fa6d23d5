//! Interceptors and observers that belong to another client.

use std::sync::Arc;
use std::time::Duration;

use fh_repository::{
    Dispatch, Failed, Flow, InterceptedRead, Interceptor, Observer, OverrideChanges, UsageEvent,
    UsageSummary,
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

    fn try_intercept(&self, ask: &InterceptedRead<'_>) -> Result<Flow, Failed> {
        self.0.try_intercept(ask)
    }

    fn registered(&self, changes: &OverrideChanges) {
        self.0.registered(changes);
    }

    fn after_fork(&self) -> Option<Arc<dyn Interceptor>> {
        let own = self.0.after_fork()?;
        Some(Arc::new(Self(own)))
    }
}

impl Observer for Borrowed<dyn Observer> {
    fn observe(&self, event: &UsageEvent) {
        self.0.observe(event);
    }

    fn observe_batch(&self, events: &[Arc<UsageEvent>]) {
        self.0.observe_batch(events);
    }

    fn try_observe(&self, event: &UsageEvent) -> Result<(), Failed> {
        self.0.try_observe(event)
    }

    fn try_observe_batch(&self, events: &[Arc<UsageEvent>]) -> Result<(), Failed> {
        self.0.try_observe_batch(events)
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

    fn after_fork(&self) -> Option<Arc<dyn Observer>> {
        let own = self.0.after_fork()?;
        Some(Arc::new(Self(own)))
    }
}
