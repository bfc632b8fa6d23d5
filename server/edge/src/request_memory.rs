//! The memory that requests hold while they wait for their peers: bodies that arrive, answers that are sent, and the contexts of streams.
//! All of it has one limit, of which one client network may use a part.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use fh_listen::internal::ClientNetwork;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// The longest time that a request waits for memory. Then the request is answered with status 503.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// The time after which a client may retry a request that got no memory.
pub(crate) const RETRY_AFTER_SECONDS: u64 = 5;
/// The minimum time between two log lines about requests that got no memory.
const BETWEEN_LINES: Duration = Duration::from_secs(60);
/// The smallest limit in bytes. A smaller number in the options counts as this number.
const LEAST: usize = 64 * 1024;
/// The largest limit in bytes. A larger number in the options counts as this number.
const MOST: usize = if Semaphore::MAX_PERMITS < 2 << 30 { Semaphore::MAX_PERMITS } else { 2 << 30 };
/// The memory of an evaluation context, in multiples of its text: the text, its attributes, and hyper's buffer, in which the text arrived.
const CONTEXT: usize = 5;
/// The memory in bytes that a waiting request takes besides its context, with its head.
const WAITING_REQUEST: usize = 2048;

/// The limit on the memory of requests, and the memory that is reserved.
#[derive(Debug)]
pub(crate) struct RequestMemory {
    total: Part,
    /// The largest number of bytes that one client network may reserve.
    per_network: usize,
    networks: Mutex<Networks>,
    /// The memory of requests that wait for a reservation, in bytes.
    queue: Arc<Semaphore>,
    stopping: Notify,
    refusals: Counter,
    /// The time of the last log line about refused requests, with the number of refusals at that time.
    logged: Mutex<Option<(Instant, u64)>>,
}

/// A number of bytes that can be reserved. Waiting requests get bytes in the order in which their waits began.
#[derive(Debug)]
struct Part {
    free: Arc<Semaphore>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Networks {
    parts: HashMap<ClientNetwork, Weak<Semaphore>>,
    /// The number of entries at which entries without a reservation are removed.
    sweep_at: usize,
}

/// Memory that a request has reserved. Dropping the value releases the memory.
#[derive(Debug)]
pub(crate) struct Reservation {
    total: Share,
    /// `None` if the client's address is not known, or if the client is a trusted proxy.
    of_network: Option<Share>,
}

/// The bytes that a reservation holds of one part.
#[derive(Debug)]
struct Share {
    permit: OwnedSemaphorePermit,
    /// The size of the part in bytes.
    part: usize,
}

/// The error for a request that gets no memory in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoMemory;

impl Part {
    fn new(bytes: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(bytes)), bytes }
    }

    fn try_reserve(&self, bytes: usize) -> Option<Share> {
        let free = Arc::clone(&self.free);
        let permit = free.try_acquire_many_owned(counted(bytes, self.bytes)).ok()?;
        Some(Share { permit, part: self.bytes })
    }

    async fn reserve(&self, bytes: usize) -> Option<Share> {
        let free = Arc::clone(&self.free);
        let permit = free.acquire_many_owned(counted(bytes, self.bytes)).await.ok()?;
        Some(Share { permit, part: self.bytes })
    }
}

impl Share {
    /// Changes the number of reserved bytes. Returns false and changes nothing if there is no memory for more bytes.
    fn resize(&mut self, bytes: usize) -> bool {
        let (held, wanted) = (self.permit.num_permits(), counted(bytes, self.part));
        let more = wanted.saturating_sub(u32::try_from(held).unwrap_or(u32::MAX));
        if more == 0 {
            drop(self.permit.split(held.saturating_sub(wanted as usize)));
            return true;
        }
        let more = Arc::clone(self.permit.semaphore()).try_acquire_many_owned(more);
        more.map(|more| self.permit.merge(more)).is_ok()
    }
}

/// Returns the memory in bytes that a request's evaluation context takes. `bytes` is the length of its text in the request.
pub(crate) const fn of_context(bytes: usize) -> usize {
    bytes.saturating_mul(CONTEXT)
}

/// Returns the number that counts for `bytes` in a part. More than half of the part counts as half, so that requests of every size get
/// memory.
fn counted(bytes: usize, part: usize) -> u32 {
    u32::try_from(bytes.min(part / 2)).unwrap_or(u32::MAX)
}

impl RequestMemory {
    /// Makes a limit of `bytes` for all requests together. A quarter of it is the limit of one client network. Requests that wait for
    /// memory may take another quarter.
    pub(crate) fn new(bytes: u64) -> Self {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).clamp(LEAST, MOST);
        Self {
            total: Part::new(bytes),
            per_network: bytes / 4,
            networks: Mutex::default(),
            queue: Arc::new(Semaphore::new(bytes / 4)),
            stopping: Notify::new(),
            refusals: Counter::default(),
            logged: Mutex::default(),
        }
    }

    /// Returns the limit in bytes.
    pub(crate) const fn limit(&self) -> usize {
        self.total.bytes
    }

    /// Returns the number of reserved bytes.
    pub(crate) fn reserved(&self) -> usize {
        self.total.bytes.saturating_sub(self.total.free.available_permits())
    }

    /// Returns the counter of requests that got no memory.
    pub(crate) const fn refusals(&self) -> &Counter {
        &self.refusals
    }

    /// Reserves memory for a client, if there is any now. `address` is `None` for a client without a limit of its own.
    pub(crate) fn try_reserve(&self, address: Option<IpAddr>, bytes: usize) -> Option<Reservation> {
        let of_network = match address {
            Some(address) => Some(self.of_network(address).try_reserve(bytes)?),
            None => None,
        };
        Some(Reservation { total: self.total.try_reserve(bytes)?, of_network })
    }

    /// Reserves memory for a client. Waits up to 5 seconds for it, while the request holds a context or another text of `held` bytes.
    ///
    /// # Errors
    /// Fails if there is no memory in time, or if too many requests wait already. The failure is counted, and logged at most once a minute.
    pub(crate) async fn reserve(
        &self,
        address: Option<IpAddr>,
        bytes: usize,
        held: usize,
    ) -> Result<Reservation, NoMemory> {
        if let Some(reservation) = self.try_reserve(address, bytes) {
            return Ok(reservation);
        }
        let waiting = self.queue(held);
        let reservation = match &waiting {
            Some(_) => timeout(LONGEST_WAIT, self.wait(address, bytes)).await.ok().flatten(),
            None => None,
        };
        reservation.ok_or_else(|| self.refuse())
    }

    /// Reserves memory for the text of `held` bytes that a waiting request holds. Returns `None` if too many requests wait already.
    pub(crate) fn queue(&self, held: usize) -> Option<OwnedSemaphorePermit> {
        let held = u32::try_from(held + WAITING_REQUEST).unwrap_or(u32::MAX);
        Arc::clone(&self.queue).try_acquire_many_owned(held).ok()
    }

    /// Waits until there is memory for a client, without a time limit. Returns `None` when the server stops.
    pub(crate) async fn wait(&self, address: Option<IpAddr>, bytes: usize) -> Option<Reservation> {
        let reserved = async {
            let of_network = match address {
                Some(address) => Some(self.of_network(address).reserve(bytes).await?),
                None => None,
            };
            Some(Reservation { total: self.total.reserve(bytes).await?, of_network })
        };
        tokio::select! {
            reservation = reserved => reservation,
            () = self.stopping.notified() => None,
        }
    }

    /// Ends all waits without a reservation, because the server stops.
    pub(crate) fn stop(&self) {
        self.stopping.notify_waiters();
    }

    /// Counts a request that got no memory, and logs such requests at most once a minute.
    pub(crate) fn refuse(&self) -> NoMemory {
        let refusals = self.refusals.inc() + 1;
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match *logged {
            Some((at, _)) if at.elapsed() < BETWEEN_LINES => return NoMemory,
            Some((_, before)) => before,
            None => 0,
        };
        *logged = Some((Instant::now(), refusals));
        drop(logged);
        let (limit, reserved) = (self.limit(), self.reserved());
        tracing::warn!(
            refused = refusals - before,
            reserved,
            limit,
            "there is no memory for requests, or one address uses its quarter of --request-memory; such requests get status 503",
        );
        NoMemory
    }

    fn of_network(&self, address: IpAddr) -> Part {
        let network = ClientNetwork::of(address);
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        let known = networks.parts.get(&network).and_then(Weak::upgrade);
        let free = known.unwrap_or_else(|| {
            if networks.parts.len() >= networks.sweep_at {
                networks.parts.retain(|_, free| free.strong_count() > 0);
                networks.sweep_at = 2 * networks.parts.len() + 64;
            }
            let free = Arc::new(Semaphore::new(self.per_network));
            networks.parts.insert(network, Arc::downgrade(&free));
            free
        });
        Part { free, bytes: self.per_network }
    }
}

impl Reservation {
    /// Changes the number of reserved bytes.
    ///
    /// # Errors
    /// Fails and changes nothing if there is no memory for more bytes now.
    pub(crate) fn resize(&mut self, bytes: usize) -> Result<(), NoMemory> {
        let before = self.total.permit.num_permits();
        if !self.total.resize(bytes) {
            return Err(NoMemory);
        }
        if self.of_network.as_mut().is_some_and(|share| !share.resize(bytes)) {
            self.total.resize(before);
            return Err(NoMemory);
        }
        Ok(())
    }

    /// Returns the bytes of an answer as a value that keeps their memory reserved until its last copy or part is dropped. If the answer is
    /// larger than expected and there is no memory for the difference, the answer counts as long as expected.
    pub(crate) fn hold_answer(mut self, bytes: Bytes) -> Bytes {
        let _ = self.resize(bytes.len());
        Arc::new(self).hold(bytes)
    }

    /// Returns the events of a stream, which keep the memory reserved until the last of them is dropped.
    pub(crate) fn hold_events(mut self, events: VecDeque<Bytes>) -> impl Iterator<Item = Bytes> {
        let _ = self.resize(events.iter().map(Bytes::len).sum());
        let this = Arc::new(self);
        events.into_iter().map(move |bytes| Arc::clone(&this).hold(bytes))
    }

    /// Returns the bytes as a value that keeps the memory reserved until its last copy or part is dropped.
    pub(crate) fn hold(self: Arc<Self>, bytes: Bytes) -> Bytes {
        struct Held(Bytes, #[expect(dead_code, reason = "only its drop counts")] Arc<Reservation>);
        impl AsRef<[u8]> for Held {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
        Bytes::from_owner(Held(bytes, self))
    }
}

#[cfg(test)]
mod tests;
