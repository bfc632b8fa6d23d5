//! The settings of a client that is started anew in a forked child process.

use std::sync::Arc;

use fh_session::{KeyKind, Mode};

use super::choices::{FirstFeatures, TransportChoice};
use super::{BuilderSettings, ClientSettings};
use crate::current_settings::CurrentSettings;
use crate::driver::Runtime;
use crate::transport::Transport;

impl ClientSettings {
    /// Returns the settings of a client in a forked child process that takes the place of the client with these settings. Takes no lock.
    pub(crate) fn after_fork(&self, current: &CurrentSettings) -> BuilderSettings {
        let mut settings = self.given.clone();
        settings.use_server(&current.server());
        settings.context = current.context().or(settings.context);
        if let Some(headers) = current.headers() {
            settings.changes.push(Arc::new(move |config| config.headers.clone_from(&headers)));
        }
        settings.transport = match &self.given.transport {
            TransportChoice::Given(transport) => {
                transport.after_fork().map_or(TransportChoice::Lost, TransportChoice::Given)
            }
            other => other.clone(),
        };
        // The threads of the parent do not exist in the child, neither its own nor those of a runtime that the program gave.
        settings.runtime = Runtime::OwnThread;
        settings.dispatching = settings.dispatching.after_fork();
        settings.snapshot = None;
        settings.first = None;
        for (interceptor, _) in &mut settings.interceptors {
            if let Some(own) = interceptor.after_fork() {
                *interceptor = own;
            }
        }
        for (observer, _) in &mut settings.observers {
            if let Some(own) = observer.after_fork() {
                *observer = own;
            }
        }
        settings
    }
}

impl BuilderSettings {
    /// Makes the client serve these features from its start, in place of bootstrap features. Features that were evaluated for the other kind of
    /// API key are left out, because they have no meaning for the present keys.
    pub(crate) fn serve_first(&mut self, first: FirstFeatures, kind: KeyKind) {
        let is_evaluated = first.rules.evaluated_for().is_some();
        self.bootstrap.clear();
        if is_evaluated == (kind == KeyKind::ServerEvaluated) {
            self.first = Some(first);
        }
    }

    /// Makes the client offline.
    pub(crate) const fn stay_offline(&mut self) {
        self.mode = Some(Mode::Offline);
    }
}
