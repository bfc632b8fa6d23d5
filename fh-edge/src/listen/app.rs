//! The application to serve: a router, and the shortcut that answers polls without it.

use std::sync::Arc;

use axum::Router;
use http::{Method, Request};

use crate::PollShortcut;

/// An application for [`serve`](super::serve). A [`Router`] can be converted into one:
///
/// ```
/// # fn run() -> Result<(), fh_edge::StartError> {
/// use fh_edge::listen::App;
/// let edge = fh_edge::Edge::builder().build()?;
/// let app = App::from(edge.router()); // all that is needed
/// let app = app.poll_shortcut(edge.poll_shortcut("")); // answers GET /features with half the work
/// # let _: App = app;
/// # Ok(()) }
/// # run().unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct App {
    pub(super) router: Router,
    pub(super) poll_shortcut: Option<PollShortcut>,
    probes: Arc<[Box<str>]>,
}

impl From<Router> for App {
    fn from(router: Router) -> Self {
        Self { router: router.with_state(()), poll_shortcut: None, probes: Arc::default() }
    }
}

impl App {
    /// Answers polls with this shortcut instead of the router. Layers that the program has added to the router do not see these polls.
    #[must_use]
    pub fn poll_shortcut(self, poll_shortcut: PollShortcut) -> Self {
        Self { poll_shortcut: Some(poll_shortcut), ..self }
    }

    /// Treats GET and HEAD requests for these paths as health checks. Some connections beyond
    /// [`ListenOptions::max_connections`](super::ListenOptions::max_connections) are reserved for health checks.
    #[must_use]
    pub fn probes(self, paths: impl IntoIterator<Item = String>) -> Self {
        Self { probes: paths.into_iter().map(String::into_boxed_str).collect(), ..self }
    }

    pub(super) fn has_probes(&self) -> bool {
        !self.probes.is_empty()
    }

    pub(super) fn is_probe<B>(&self, request: &Request<B>) -> bool {
        let path = request.uri().path();
        matches!(*request.method(), Method::GET | Method::HEAD)
            && self.probes.iter().any(|probe| **probe == *path)
    }
}
