//! The recording of connections, requests, bytes and ends.
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::server::Counts;

use crate::featurehub::request::{Request, Route};

/// Maximum number of connections and of requests that are kept. Further ones are only counted.
const MOST_KEPT: usize = 100_000;

/// Everything that the Edge has received so far. Positions in the two lists never change.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// Every TCP connection that was accepted, in order, including those that never sent a byte.
    pub connections: Vec<SeenConnection>,
    /// Every request that was read completely, in order.
    pub requests: Vec<SeenRequest>,
    /// Number of connections and requests that were not kept because there were too many.
    pub not_kept: usize,
    open: usize,
    streams: usize,
    counts: [Count; 4],
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    seen: usize,
    in_work: usize,
}

/// One accepted TCP connection.
#[derive(Clone, Debug)]
pub struct SeenConnection {
    /// The time at which it was accepted.
    pub accepted: Instant,
    /// The client's port.
    pub client_port: u16,
    /// Number of requests received over it.
    pub requests: usize,
    /// Number of bytes received.
    pub read: u64,
    /// Number of bytes that the operating system accepted for sending.
    pub written: u64,
    /// Time and kind of its end; `None` while it is open.
    pub ended: Option<(Instant, Ended)>,
}

/// One request and the state of its answer.
#[derive(Clone, Debug)]
pub struct SeenRequest {
    /// The request itself. It is shared, so that cloning a recording is cheap.
    pub request: Arc<Request>,
    /// Position of its connection in [`Recording::connections`].
    pub connection: usize,
    /// The status of the answer; `None` until it is sent.
    pub status: Option<u16>,
    /// Number of bytes of the answer that were written, including head and framing.
    pub written: u64,
    /// The time at which the answer was complete or aborted.
    pub finished: Option<Instant>,
}

/// The side that ended a connection, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client closed it.
    ByClient,
    /// The client reset it.
    ResetByClient,
    /// This Edge closed it.
    ByEdge,
    /// This Edge reset it.
    ResetByEdge,
}

impl Recording {
    /// Returns the requests of one route, in order.
    pub fn of(&self, route: Route) -> impl DoubleEndedIterator<Item = &SeenRequest> {
        self.requests.iter().filter(move |seen| seen.request.route == route)
    }

    /// Returns the number of requests that a route received, including those that were not kept.
    pub fn count(&self, route: Route) -> usize {
        self.counts.get(route as usize).map_or(0, |count| count.seen)
    }

    /// Returns the requests received in a span of time.
    pub fn within(&self, span: Range<Instant>) -> impl Iterator<Item = &SeenRequest> {
        self.requests.iter().filter(move |seen| span.contains(&seen.request.at))
    }

    /// Returns the times between consecutive requests of a route.
    pub fn gaps(&self, route: Route) -> Vec<Duration> {
        self.of(route)
            .zip(self.of(route).skip(1))
            .map(|(one, next)| next.request.at.saturating_duration_since(one.request.at))
            .collect()
    }

    /// Returns the largest number of requests of a route that were in progress at the same time.
    pub fn most_in_flight(&self, route: Route) -> usize {
        let mut changes: Vec<(Instant, i32)> = Vec::new();
        for seen in self.of(route) {
            changes.push((seen.request.at, 1));
            if let Some(finished) = seen.finished {
                changes.push((finished, -1));
            }
        }
        changes.sort_unstable();
        let mut most = 0;
        let mut now = 0;
        for (_, change) in changes {
            now += change;
            most = most.max(now);
        }
        usize::try_from(most).unwrap_or(0)
    }

    /// Returns the number of connections that are open now.
    pub fn open_connections(&self) -> usize {
        self.open
    }

    /// Returns the number of streams that get updates now. A stream counts before its first byte is written.
    pub fn live_streams(&self) -> usize {
        self.streams
    }

    /// Returns the number of requests of a route whose answer has not ended, such as open streams.
    pub fn in_flight(&self, route: Route) -> usize {
        self.counts.get(route as usize).map_or(0, |count| count.in_work)
    }
}

/// The error of a wait whose condition did not hold in time.
pub type TimedOut = crate::server::TimedOut<Recording>;

impl Counts for Recording {
    fn counts(&self) -> Vec<(&'static str, usize)> {
        vec![
            ("connections", self.connections.len()),
            ("open connections", self.open),
            ("polls", self.count(Route::Poll)),
            ("streams", self.count(Route::Stream)),
            ("PUTs", self.count(Route::Put)),
            ("other requests", self.count(Route::Other)),
        ]
    }
}

/// The shared recording, with which tests wait for changes.
#[derive(Default)]
pub(crate) struct Recorder(crate::server::Recorder<Recording>);

/// A position in one of the lists; `None` if the item was not kept.
pub(crate) type Place = Option<usize>;

impl Recorder {
    fn note<T>(&self, change: impl FnOnce(&mut Recording) -> T) -> T {
        self.0.add(change)
    }

    pub(crate) fn accepted(&self, client_port: u16) -> Place {
        self.note(|recording| {
            recording.open += 1;
            if recording.connections.len() >= MOST_KEPT {
                recording.not_kept += 1;
                return None;
            }
            recording.connections.push(SeenConnection {
                accepted: Instant::now(),
                client_port,
                requests: 0,
                read: 0,
                written: 0,
                ended: None,
            });
            Some(recording.connections.len() - 1)
        })
    }

    pub(crate) fn connection(&self, place: Place, change: impl FnOnce(&mut SeenConnection)) {
        self.note(|recording| {
            if let Some(seen) = place.and_then(|at| recording.connections.get_mut(at)) {
                change(seen);
            }
        });
    }

    pub(crate) fn ended(&self, place: Place, ended: Ended) {
        self.note(|recording| {
            recording.open = recording.open.saturating_sub(1);
            if let Some(seen) = place.and_then(|at| recording.connections.get_mut(at)) {
                seen.ended.get_or_insert((Instant::now(), ended));
            }
        });
    }

    pub(crate) fn request(&self, connection: Place, request: Arc<Request>) -> Place {
        self.note(|recording| {
            if let Some(count) = recording.counts.get_mut(request.route as usize) {
                count.seen += 1;
                count.in_work += 1;
            }
            let seen = connection.and_then(|at| recording.connections.get_mut(at));
            let Some(seen) = seen.filter(|_| recording.requests.len() < MOST_KEPT) else {
                recording.not_kept += 1;
                return None;
            };
            seen.requests += 1;
            recording.requests.push(SeenRequest {
                request,
                connection: connection.unwrap_or_default(),
                status: None,
                written: 0,
                finished: None,
            });
            Some(recording.requests.len() - 1)
        })
    }

    pub(crate) fn status(&self, place: Place, status: u16) {
        self.note(|recording| {
            if let Some(seen) = place.and_then(|at| recording.requests.get_mut(at)) {
                seen.status = Some(status);
            }
        });
    }

    pub(crate) fn finished(&self, place: Place, route: Route) {
        self.note(|recording| {
            if let Some(count) = recording.counts.get_mut(route as usize) {
                count.in_work = count.in_work.saturating_sub(1);
            }
            if let Some(seen) = place.and_then(|at| recording.requests.get_mut(at)) {
                seen.finished = Some(Instant::now());
            }
        });
    }

    pub(crate) fn streams(&self, count: usize) {
        self.note(|recording| recording.streams = count);
    }

    pub(crate) fn wrote(&self, connection: Place, request: Place, bytes: u64) {
        self.note(|recording| {
            if let Some(seen) = connection.and_then(|at| recording.connections.get_mut(at)) {
                seen.written += bytes;
            }
            if let Some(seen) = request.and_then(|at| recording.requests.get_mut(at)) {
                seen.written += bytes;
            }
        });
    }

    pub(crate) fn recording(&self) -> Recording {
        self.0.read(Recording::clone)
    }

    pub(crate) fn wait_for<T>(
        &self,
        timeout: Duration,
        observation: impl FnMut(&Recording) -> Option<T>,
    ) -> Result<T, TimedOut> {
        self.0.wait_for(timeout, observation)
    }
}
