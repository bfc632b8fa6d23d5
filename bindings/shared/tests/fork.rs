//! A registry in a forked child process. The test forks this process, so it runs on the main thread, without the harness of the standard
//! library.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unsafe_code)]

#[cfg(target_os = "linux")]
mod threads;

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if has("--list") {
        if !has("--ignored") {
            println!("a_registry_survives_a_fork: test");
        }
    } else {
        a_registry_survives_a_fork();
    }
}

/// The child process registers the inherited listener with its own client. The listener gets the change since the parent's last event, on a
/// thread of the child, and the parent's listener goes on.
#[cfg(target_os = "linux")]
fn a_registry_survives_a_fork() {
    use std::sync::Arc;
    use std::sync::mpsc::channel;

    use fh_binding::callbacks::{Event, Interest, Listener, Registry, Reports};
    use fh_binding::process::{count_fork, forks};
    use fh_client::testing::MemoryEdge;

    use threads::{PATIENCE, function, started};

    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    let client = started(&edge);
    let (sender, changes) = channel();
    let listener = function(move |event| {
        let Event::Change(change) = event else { return Err("no change".to_string()) };
        let text = |value: &Option<fh_client::Value>| value.as_ref().map(ToString::to_string);
        sender.send((text(&change.old), text(&change.new), std::process::id())).unwrap();
        Ok(())
    });
    let registry = Arc::new(Registry::default());
    let interest = Interest::listener(Listener::Changes("COLOUR".into(), None));
    let registration = registry.add(&client, listener, Reports::Each, interest);
    let texts =
        |old: &str, new: &str| (Some(old.to_string()), Some(new.to_string()), std::process::id());
    edge.set("COLOUR", "green");
    assert_eq!(changes.recv_timeout(PATIENCE).unwrap(), texts("red", "green"));
    // The listener has left the channel, whose lock the child would inherit.
    client.flush(PATIENCE).unwrap();

    // SAFETY: the child runs ordinary code, as the programs do for which `Client::after_fork` exists, and ends by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: `alarm` only sets a timer of this process, which ends a child that hangs.
        unsafe { libc::alarm(50) };
        count_fork();
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            // A thread of the parent may have held a lock of its Edge at the fork.
            let edge = MemoryEdge::new();
            ["red", "green", "blue"].iter().for_each(|colour| edge.set("COLOUR", *colour));
            let anew = client.after_fork().transport(edge.clone()).start().unwrap();
            fh_client::block_on(anew.refresh()).unwrap();
            registry.begin_anew(&anew);
            assert_eq!(changes.recv_timeout(PATIENCE).unwrap(), texts("green", "blue"));
            edge.set("COLOUR", "white");
            assert_eq!(changes.recv_timeout(PATIENCE).unwrap(), texts("blue", "white"));
            assert!(registration.is_active());
            registration.cancel();
            assert!(!registration.is_active() && registry.is_empty());
        }));
        // SAFETY: `_exit` ends the process without running destructors, which belong to the parent.
        unsafe { libc::_exit(i32::from(outcome.is_err())) }
    }
    let mut status = -1;
    // SAFETY: the pointer is valid for this call.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert!(
        libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
        "the child failed: {status}"
    );
    assert_eq!(forks(), 0);
    edge.set("COLOUR", "black");
    assert_eq!(changes.recv_timeout(PATIENCE).unwrap(), texts("green", "black"));
    assert!(registration.is_active());
}
