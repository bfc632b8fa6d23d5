//! The end of the interpreter: all clients end before it, so that no thread of theirs waits for the interpreter while it is torn
//! down.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
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

/// Ends all clients of this process, and waits until they have ended. The interpreter calls this function at its exit. A client
/// that a forked process inherited has no thread there, so a wait for it would be in vain.
#[pyfunction]
pub(crate) fn end_all(py: Python<'_>) -> PyResult<()> {
    let all = std::mem::take(&mut *clients());
    let own = all.iter().filter(|(made, _)| *made == forks());
    let clients: Vec<fh_client::Client> = own.filter_map(|(_, client)| client.upgrade()).collect();
    clients.iter().for_each(fh_client::Client::close);
    let end = Instant::now() + LIMIT;
    for client in &clients {
        let left = end.saturating_duration_since(Instant::now());
        wait_for(py, client.closed(), left)?;
    }
    let outcome = logs::end(py);
    workers::end();
    outcome
}
