//! Clients that are created and closed one after the other.

use std::thread;
use std::time::Duration;

use crate::deadline::Deadline;
use crate::sdk::{ProcessUse, Scene, Stop, Verdict, check, patience};

/// Number of clients after which the SDK has created everything that it creates once.
const WARM: u32 = 20;
/// Number of clients that are measured.
const CYCLES: u32 = 200;

/// What may be left of all clients together.
#[derive(Debug, Clone, Copy)]
struct Rest {
    threads: u64,
    sockets: u64,
    memory: u64,
}

/// Nothing, and less memory than 20 kB for each client.
const OURS: Rest = Rest { threads: 0, sockets: 0, memory: 4_000_000 };

/// Runtimes keep threads, pools and garbage. Less is left than one thread or socket for each ten clients.
const OTHERS: Rest = Rest { threads: 19, sockets: 19, memory: 64_000_000 };

pub(super) fn no_leak(scene: &Scene<'_>) -> Verdict {
    scene.watch_memory()?;
    let bare = scene.process_use()?;
    let rest = if scene.is_own() { OURS } else { OTHERS };
    cycle(scene, WARM)?;
    let before = settled(scene, &bare, rest)?;
    cycle(scene, CYCLES)?;
    let after = settled(scene, &before, rest)?;
    scene.measure("threads left", left(after.threads, before.threads));
    scene.measure("sockets left", left(after.sockets, before.sockets));
    scene.measure("MB left", left(after.resident, before.resident) / 1e6);
    for (label, before, after, most) in [
        ("threads after 200 clients", before.threads, after.threads, rest.threads),
        ("sockets after 200 clients", before.sockets, after.sockets, rest.sockets),
        ("bytes of memory after 200 clients", before.resident, after.resident, rest.memory),
    ] {
        check(label, after <= before + most, &format!("at most {}", before + most), || {
            after.to_string()
        })?;
    }
    let open = |seen: &fh_test_servers::featurehub::Recording| seen.open_connections() as u64;
    let closed = scene.happens_within(patience(), |seen| open(seen) <= rest.sockets);
    check("connections after 200 clients", closed, "none", || {
        open(&scene.edge().recording()).to_string()
    })
}

fn cycle(scene: &Scene<'_>, clients: u32) -> Verdict {
    for _ in 0..clients {
        // The same name each time, so that the adapter keeps one closed client and not all of them.
        let client = scene.create_as("cycle", scene.following())?;
        client.until_ready()?;
        client.close()?;
    }
    Ok(())
}

/// Waits until there are no more threads and sockets than before, because closing does not wait for all of them.
fn settled(scene: &Scene<'_>, before: &ProcessUse, rest: Rest) -> Result<ProcessUse, Stop> {
    let deadline = Deadline::after(patience());
    loop {
        let now = scene.process_use()?;
        let is_over = now.threads <= before.threads + rest.threads
            && now.sockets <= before.sockets + rest.sockets;
        if is_over || deadline.is_over() {
            return Ok(now);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number for reports")]
fn left(after: u64, before: u64) -> f64 {
    after.saturating_sub(before) as f64
}
