//! The progress of loading the first state.

use std::future::Future;

use tokio::sync::watch;

/// The progress of loading the first state. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Loading(watch::Sender<Progress>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    NotYet,
    Loaded,
    /// The Edge stopped before it loaded a state.
    Stopped,
}

impl Loading {
    pub(super) fn new(is_loaded: bool) -> Self {
        Self(watch::Sender::new(if is_loaded { Progress::Loaded } else { Progress::NotYet }))
    }

    pub(crate) fn set_loaded(&self) {
        self.0.send_replace(Progress::Loaded);
    }

    pub(crate) fn is_loaded(&self) -> bool {
        *self.0.borrow() == Progress::Loaded
    }

    /// Ends all waits for a first state, because the Edge stops.
    pub(crate) fn stop(&self) {
        self.0.send_if_modified(|progress| {
            let waits = *progress == Progress::NotYet;
            if waits {
                *progress = Progress::Stopped;
            }
            waits
        });
    }

    /// Returns a future that resolves to true once a state is loaded, or to false if the Edge stops without a state.
    pub(crate) fn wait(&self) -> impl Future<Output = bool> + Send + use<> {
        let mut loading = self.0.subscribe();
        async move {
            let ended = loading.wait_for(|progress| *progress != Progress::NotYet).await;
            ended.is_ok_and(|progress| *progress == Progress::Loaded)
        }
    }
}
