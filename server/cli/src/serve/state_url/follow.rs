//! The thread that fetches a state again and again.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fh_edge::internal::parse_state;
use fh_edge::origin::file::Loaded;
use fh_edge::state::file::Options;
use fh_files::FileContent;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::fetch::Fetched;
use super::{Fetcher, StateUrl};
use crate::failure::Failure;
use crate::runtime;
use crate::serve::source_error::SourceError;

/// The pause before a state that was changed within the last second is fetched once more.
const SETTLE: Duration = Duration::from_secs(1);

/// A guard for the thread that follows a URL. Dropping the guard ends the thread, at the latest after its current request.
#[derive(Debug)]
pub(crate) struct UrlWatch {
    requests: mpsc::UnboundedSender<Option<Options>>,
}

/// What the thread works with.
struct Follower {
    fetcher: Fetcher,
    url: StateUrl,
    options: Options,
    poll: Duration,
    /// The content that was fetched last, for a new reading with other options.
    content: Option<(Arc<[u8]>, Option<SystemTime>)>,
    /// The last result that was passed on, if it was an error.
    error: Option<SourceError>,
}

impl UrlWatch {
    /// Starts the thread. It passes on each state that differs from the one before, and each error that differs from the one before. A
    /// state also follows an error, even if it has not changed.
    pub(crate) fn start(
        url: &StateUrl,
        token_file: Option<&Path>,
        poll: Duration,
        options: Options,
    ) -> Result<(Self, mpsc::Receiver<Result<Loaded, SourceError>>), Failure> {
        let fetcher =
            Fetcher::new(url, token_file).map_err(|why| Failure::Input(why.to_string()))?;
        let (requests, wishes) = mpsc::unbounded_channel();
        let (sender, reads) = mpsc::channel(1);
        let follower =
            Follower { fetcher, url: url.clone(), options, poll, content: None, error: None };
        let follow = move || {
            let followed = runtime::run(async {
                follower.run(wishes, sender).await;
                Ok(())
            });
            if let Err(why) = followed {
                tracing::error!(%why, "the state is not fetched");
            }
        };
        let thread = std::thread::Builder::new().name("fh-state-url".to_string()).spawn(follow);
        thread.map_err(|error| {
            Failure::Input(format!("the thread that fetches the state cannot be started: {error}"))
        })?;
        Ok((Self { requests }, reads))
    }

    /// Fetches the state now, and passes it on even if it has not changed.
    pub(crate) fn reload(&self) {
        let _ = self.requests.send(None);
    }

    /// Reads states with these options from now on, and does what [`Self::reload`] does.
    pub(crate) fn reload_with(&self, options: Options) {
        let _ = self.requests.send(Some(options));
    }
}

impl Follower {
    async fn run(
        mut self,
        mut wishes: mpsc::UnboundedReceiver<Option<Options>>,
        sender: mpsc::Sender<Result<Loaded, SourceError>>,
    ) {
        let mut is_asked = false;
        loop {
            let (read, wait) = self.read(is_asked).await;
            if let Some(read) = read
                && sender.send(read).await.is_err()
            {
                return;
            }
            is_asked = match timeout(wait, wishes.recv()).await {
                Ok(Some(options)) => {
                    if let Some(options) = options {
                        self.options = options;
                    }
                    true
                }
                Ok(None) => return,
                Err(_) => false,
            };
        }
    }

    /// Fetches the state. Returns the result unless it is that of the last call, and the time until the next request.
    async fn read(&mut self, is_asked: bool) -> (Option<Result<Loaded, SourceError>>, Duration) {
        let mut wait = jittered(self.poll);
        let mut fetched = self.fetcher.fetch().await;
        if let Ok(Fetched::New { is_settled: false, .. }) = fetched {
            self.fetcher.forget();
            tokio::time::sleep(SETTLE).await;
            fetched = self.fetcher.fetch().await;
        }
        let is_new = match fetched {
            Ok(Fetched::New { content, .. }) => {
                self.content = Some((content.bytes.into(), content.modified));
                true
            }
            Ok(Fetched::Unchanged) => false,
            Err(why) => {
                wait = wait.max(why.retry_after.unwrap_or_default());
                // The keys of other options take effect with the state that is known.
                let known = is_asked.then(|| self.parsed()).flatten();
                let why = SourceError::Fetch(why);
                if known.is_none() && self.error.as_ref() == Some(&why) {
                    return (None, wait);
                }
                self.error = Some(why.clone());
                return (Some(known.unwrap_or(Err(why))), wait);
            }
        };
        if !is_new && !is_asked && !matches!(self.error, Some(SourceError::Fetch(_))) {
            return (None, wait);
        }
        let read = self.parsed();
        self.error = read.as_ref().and_then(|read| read.as_ref().err().cloned());
        (read, wait)
    }

    /// Reads the content that was fetched last; `None` if there is none.
    fn parsed(&self) -> Option<Result<Loaded, SourceError>> {
        let (bytes, modified) = self.content.as_ref()?;
        let content = FileContent { bytes: bytes.to_vec(), modified: *modified };
        let name = self.url.to_string();
        Some(parse_state(Path::new(&name), content, &self.options).map_err(SourceError::Content))
    }
}

/// Returns a time that differs from `poll` by at most 10 %, so that servers that start together do not fetch together.
fn jittered(poll: Duration) -> Duration {
    // The keys of each `RandomState` are random.
    let thousandths = RandomState::new().build_hasher().finish() % 201;
    poll.mul_f64((900.0 + thousandths as f64) / 1000.0)
}
