//! Runs long tasks outside the threads that serve requests, and limits how many run at the same time.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::problem::Problem;

/// A limit on the number of long tasks that run at the same time, such as reading a whole state. Further tasks wait.
#[derive(Debug)]
pub(super) struct BackgroundWork {
    turns: Arc<Semaphore>,
}

impl BackgroundWork {
    pub(super) fn new(at_once: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(at_once)) }
    }

    /// Runs a task on a blocking thread as soon as fewer tasks than the limit are running. If the caller disconnects, a started task still
    /// runs to its end and counts towards the limit until then. If the task gives no result, for example because it panics, the error has
    /// status 500 and names `task`.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        task: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let failed = || Problem::failed(task);
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| failed())?;
        let work = move || {
            let done = work();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| failed())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use axum::response::IntoResponse;
    use http::StatusCode;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_keeps_its_turn_if_its_caller_leaves() {
        let background_work = BackgroundWork::new(1);
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let (begins, has_begun) = oneshot::channel();
        let first = background_work.run("a test", move || {
            begins.send(()).unwrap();
            may_go_on.recv().unwrap();
        });
        tokio::select! {
            biased;
            _ = first => panic!("it is not done"),
            begun = has_begun => begun.unwrap(),
        }
        // The caller has disconnected, but the task continues.
        assert_eq!(background_work.turns.available_permits(), 0);
        go_on.send(()).unwrap();
        assert_eq!(background_work.run("a test", || 7).await.ok(), Some(7));
    }

    #[tokio::test]
    async fn work_that_panics_releases_its_turn() {
        let background_work = BackgroundWork::new(1);
        let panicked = background_work.run("a test", || panic!("as it should")).await;
        let response = panicked.map(|()| StatusCode::OK).unwrap_err().into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(background_work.run("a test", || 7).await.ok(), Some(7));
    }
}
