//! The application to serve: a router, and optionally a shortcut that answers some requests in place of the router.

use std::sync::Arc;

use axum::Router;
use http::{Method, Request};

use super::Shortcut;

/// An application for [`serve`](super::serve). A [`Router`] can be converted into one:
///
/// ```
/// use axum::{Router, routing::get};
/// use fh_listen::App;
///
/// let router = Router::new().route("/health", get(|| async { "up" }));
/// let app = App::from(router).probes(["/health".to_string()]);
/// # let _: App = app;
/// ```
#[derive(Debug, Clone)]
pub struct App {
    pub(super) router: Router,
    pub(super) shortcut: Option<Arc<dyn Shortcut>>,
    probes: Arc<[Box<str>]>,
}

impl From<Router> for App {
    fn from(router: Router) -> Self {
        Self { router: router.with_state(()), shortcut: None, probes: Arc::default() }
    }
}

impl App {
    /// Sets a shortcut. The requests that the shortcut accepts reach neither the router nor the layers that the program has added to the
    /// router.
    #[must_use]
    pub fn shortcut(self, shortcut: impl Shortcut) -> Self {
        Self { shortcut: Some(Arc::new(shortcut)), ..self }
    }

    /// Treats GET and HEAD requests for these paths as health checks. For these requests, 16 connections beyond
    /// [`ListenOptions::max_connections`](super::ListenOptions::max_connections) and the limit per address are reserved. Without a path,
    /// none are reserved.
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
