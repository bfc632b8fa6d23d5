//! What is served: a router, and what is answered before one is asked.

use axum::Router;

use crate::Polls;

/// What [`serve`](super::serve) serves. A [`Router`] is one:
///
/// ```
/// # fn run() -> Result<(), fh_edge::StartError> {
/// use fh_edge::listen::App;
/// let edge = fh_edge::Edge::builder().build()?;
/// let app = App::from(edge.router()); // all that is needed
/// let app = app.polls(edge.polls("")); // answers GET /features with half the work
/// # let _: App = app;
/// # Ok(()) }
/// # run().unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct App {
    pub(super) router: Router,
    pub(super) polls: Option<Polls>,
}

impl From<Router> for App {
    fn from(router: Router) -> Self {
        Self { router: router.with_state(()), polls: None }
    }
}

impl App {
    /// The same; these polls are answered without asking the router. What the router would do with them beyond the answer, such as
    /// layers of the program's own, is not done.
    #[must_use]
    pub fn polls(self, polls: Polls) -> Self {
        Self { polls: Some(polls), ..self }
    }
}
