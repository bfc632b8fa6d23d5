//! The end of the interpreter: all clients end before it, so that no thread of theirs waits for the interpreter while it is torn
//! down.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use fh_binding::process::forks;
use fh_client::WeakClient;
use pyo3::prelude::*;

use crate::logs;
use crate::waiting::wait_for;
use crate::workers;

/// The longest time that the end of the interpreter waits for all clients together.
const LIMIT: Duration = Duration::from_secs(2);

/// The clients that were made, each with the number of forks at that time, which tells the process. Clients that are gone are removed when
/// another one is added.
static CLIENTS: LazyLock<Mutex<HashSet<(u64, WeakClient)>>> = LazyLock::new(Mutex::default);

/// The ends of clients that the program has forgotten, and that may still send events and write files.
type Endings = Vec<Pin<Box<dyn Future<Output = ()> + Send>>>;

/// The ends that began in a process, with the number of forks that tells it.
static ENDINGS: Mutex<(u64, Endings)> = Mutex::new((0, Vec::new()));

/// Takes the ends that began in this process. Those of a parent are leaked, because their locks may be held by a thread of the parent.
fn take_endings() -> Endings {
    let mut held = ENDINGS.lock().unwrap_or_else(PoisonError::into_inner);
    let (made, endings) = std::mem::replace(&mut *held, (forks(), Vec::new()));
    if made == forks() {
        return endings;
    }
    std::mem::forget(endings);
    Vec::new()
}

fn clients() -> MutexGuard<'static, HashSet<(u64, WeakClient)>> {
    CLIENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers a client, and makes the interpreter end it. A pool remembers the client of a context each time the program requests the context.
pub(crate) fn remember(client: &fh_client::Client) {
    let entry = (forks(), client.downgrade());
    let mut clients = clients();
    if clients.contains(&entry) {
        return;
    }
    // The set grows to about twice the number of clients that exist before it is cleaned up.
    if clients.len() == clients.capacity() {
        clients.retain(|(made, client)| *made == forks() && client.upgrade().is_some());
    }
    clients.insert(entry);
}

/// Makes the end of the interpreter wait for a closed client whose last handle is about to be dropped.
pub(crate) fn wait_for_end_of(client: &fh_client::Client) {
    let mut endings = take_endings();
    endings.push(Box::pin(client.closed()));
    let mut context = Context::from_waker(Waker::noop());
    endings.retain_mut(|end| end.as_mut().poll(&mut context).is_pending());
    ENDINGS.lock().unwrap_or_else(PoisonError::into_inner).1.append(&mut endings);
}

/// Ends all clients of this process, and waits until they have ended. The interpreter calls this function at its exit. A client
/// that a forked process inherited has no thread there, so a wait for it would be in vain.
#[pyfunction]
pub(crate) fn end_all(py: Python<'_>) -> PyResult<()> {
    let all = std::mem::take(&mut *clients());
    let own = all.iter().filter(|(made, _)| *made == forks());
    let clients: Vec<fh_client::Client> = own.filter_map(|(_, client)| client.upgrade()).collect();
    clients.iter().for_each(fh_client::Client::close);
    let end = Instant::now() + LIMIT;
    clients.iter().for_each(wait_for_end_of);
    for ending in take_endings() {
        wait_for(py, ending, end.saturating_duration_since(Instant::now()))?;
    }
    let outcome = logs::end(py);
    workers::end();
    outcome
}
