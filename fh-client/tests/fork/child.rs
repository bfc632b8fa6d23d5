//! Child processes of the tests, and what tests share.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use fh_client::transport::ReqwestTransport;
use fh_client::{Backoff, Client, ClientBuilder, Config, block_on};
use fh_test_servers::featurehub::{FakeEdge, Feature, Recording};

pub(crate) use fh_test::wait::PATIENCE;

/// A forked child process, and the connection with it.
pub(crate) struct Child {
    process: libc::pid_t,
    pub(crate) link: Link,
}

/// A connection over which the parent and a child send each other words.
pub(crate) struct Link {
    words: BufReader<UnixStream>,
}

impl Link {
    fn new(socket: UnixStream) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { words: BufReader::new(socket) }
    }

    pub(crate) fn say(&mut self, word: &str) {
        writeln!(self.words.get_mut(), "{word}").unwrap();
    }

    pub(crate) fn hear(&mut self) -> String {
        let mut word = String::new();
        self.words.read_line(&mut word).unwrap();
        word.trim_end().to_string()
    }

    #[track_caller]
    pub(crate) fn expect(&mut self, word: &str) {
        assert_eq!(self.hear(), word);
    }
}

/// Forks this process, and runs `run` in the child. The child is killed after [`PATIENCE`].
pub(crate) fn fork(run: impl FnOnce(&mut Link)) -> Child {
    let (ours, theirs) = UnixStream::pair().unwrap();
    // SAFETY: the child runs ordinary code, as the programs do for which `Client::after_fork` exists. The C library keeps its allocator usable
    // in children. The child touches no lock that another thread may have held at the fork; that is what these tests are about.
    match unsafe { libc::fork() } {
        0 => {
            drop(ours);
            // SAFETY: `alarm` only sets a timer of this process.
            unsafe { libc::alarm(u32::try_from(PATIENCE.as_secs()).unwrap()) };
            let outcome = catch_unwind(AssertUnwindSafe(|| run(&mut Link::new(theirs))));
            // SAFETY: `_exit` ends the process without running destructors, which belong to the parent.
            unsafe { libc::_exit(i32::from(outcome.is_err())) }
        }
        process => {
            assert!(process > 0, "no process could be forked");
            Child { process, link: Link::new(ours) }
        }
    }
}

impl Child {
    /// Waits until the child has ended, and checks that it neither failed nor hung.
    #[track_caller]
    pub(crate) fn join(self) {
        let mut status = 0;
        // SAFETY: the process is a child of this process, and `status` is valid for writes.
        let ended = unsafe { libc::waitpid(self.process, &raw mut status, 0) };
        assert_eq!(ended, self.process);
        let end = (libc::WIFSIGNALED(status), libc::WTERMSIG(status));
        assert_ne!(end, (true, libc::SIGALRM), "the child hung");
        assert_eq!(status, 0, "the child failed");
    }
}

pub(crate) fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge
}

pub(crate) fn builder(edge: &FakeEdge) -> ClientBuilder {
    builder_with(edge, &edge.client_key())
}

pub(crate) fn builder_with(edge: &FakeEdge, key: &str) -> ClientBuilder {
    let transport = ReqwestTransport::builder().no_proxy().build().unwrap();
    Client::builder(edge.url(), key).transport(transport).configure(quick)
}

/// Replaces delays of seconds and minutes by milliseconds.
pub(crate) fn quick(config: &mut Config) {
    let backoff =
        Backoff { initial: Duration::from_millis(10), cap: Duration::from_millis(80), jitter: 0.5 };
    config.backoff = backoff;
    config.refused = backoff;
    config.pace = Duration::from_millis(10);
}

pub(crate) fn started(builder: ClientBuilder) -> Client {
    let client = builder.start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    client
}

pub(crate) fn colour(client: &Client) -> String {
    client.string("COLOUR").as_deref().unwrap_or("none").to_string()
}

/// Waits until the feature COLOUR has this text.
pub(crate) fn sees(client: &Client, text: &str) {
    let mut watch = client.watch();
    while colour(client) != text {
        block_on(watch.changed()).unwrap();
    }
}

/// Waits until the requests at the Edge meet a condition.
#[track_caller]
pub(crate) fn seen(edge: &FakeEdge, condition: impl FnMut(&Recording) -> bool) {
    edge.wait_until(PATIENCE, condition).unwrap_or_else(|error| panic!("{error}"));
}
