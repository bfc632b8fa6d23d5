//! What a child leaves alone: the locks, the sender and the file descriptors that it has inherited.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fh_client::internal::seed;
use fh_client::{Connection, block_on};

use crate::Test;
use crate::child::{builder, colour, edge, fork, seen, sees, started};

pub(crate) const TESTS: &[Test] = &[
    ("no_event_descriptor_of_the_parent_is_rung", no_event_descriptor_of_the_parent_is_rung),
    (
        "locks_that_were_held_at_the_fork_do_not_hang_the_child",
        locks_that_were_held_at_the_fork_do_not_hang_the_child,
    ),
    ("a_runtime_of_the_program_is_not_needed", a_runtime_of_the_program_is_not_needed),
    (
        "a_closed_client_has_ended_the_connection_that_a_child_inherited",
        a_closed_client_has_ended_the_connection_that_a_child_inherited,
    ),
    ("seeds_of_children_differ", seeds_of_children_differ),
];

/// Returns the counts of this process's event descriptors, by descriptor.
fn event_counts() -> BTreeMap<String, String> {
    let mut counts = BTreeMap::new();
    for entry in fs::read_dir("/proc/self/fdinfo").unwrap() {
        let entry = entry.unwrap();
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        if let Some(count) = text.lines().find_map(|line| line.strip_prefix("eventfd-count:")) {
            let name = entry.file_name().into_string().unwrap();
            counts.insert(name, count.trim().to_string());
        }
    }
    counts
}

/// A driver is woken by an event descriptor, which parent and child share. In passive polling, reads wake the driver.
fn no_event_descriptor_of_the_parent_is_rung() {
    let edge = edge();
    // The Edge runs in the parent, and its runtime rings descriptors of its own.
    let of_the_edge = event_counts();
    // The driver runs only within `block_on`, so that the parent itself rings nothing afterwards.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let builder = builder(&edge).passive(Duration::from_millis(1));
    let client = builder.runtime(runtime.handle().clone()).start().unwrap();
    runtime.block_on(async {
        client.ready().await.unwrap();
        client.status_when(|status| status.connection == Connection::Resting).await.unwrap();
    });
    let context = client.context().user_key("fred").build();
    // Dropping the client rings, so the parent keeps it until the child has ended.
    let mut inherited_client = Some((client, context));
    let child = fork(|_| {
        let mut inherited = event_counts();
        inherited.retain(|descriptor, _| !of_the_edge.contains_key(descriptor));
        assert!(!inherited.is_empty(), "the parent's driver has an event descriptor");
        let anew = inherited_client.as_ref().unwrap().0.after_fork().start().unwrap();
        assert_eq!(colour(&anew), "red");
        block_on(anew.refresh()).unwrap();
        drop(inherited_client.take());
        anew.close();
        block_on(anew.closed());
        let now = event_counts();
        for (descriptor, count) in inherited {
            assert_eq!(now.get(&descriptor), Some(&count), "descriptor {descriptor}");
        }
    });
    child.join();
}

fn locks_that_were_held_at_the_fork_do_not_hang_the_child() {
    let edge = edge();
    let client = started(builder(&edge).catch_updates());
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let listener = client.on_change("COLOUR", |_| {});
                    client.catch_updates();
                    drop(client.on_readiness(|_| {}));
                    client.overrides_changed();
                    let _ = (colour(&client), client.held_keys(), client.status());
                    drop(client.set_headers(Vec::new()));
                    drop(listener);
                }
            });
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let _ = block_on(client.set_api_keys([edge.client_key()]));
                }
            });
        }
        for _ in 0..100 {
            fork(|_| {
                let anew = client.after_fork().start().unwrap();
                assert_eq!(colour(&anew), "red");
            })
            .join();
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

/// The threads of a runtime do not exist in a child.
fn a_runtime_of_the_program_is_not_needed() {
    let edge = edge();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let client = started(builder(&edge).runtime(runtime.handle().clone()));
    let mut child = fork(|link| {
        let anew = client.after_fork().start().unwrap();
        link.say("started");
        sees(&anew, "blue");
    });
    child.link.expect("started");
    edge.set_value("COLOUR", "blue");
    child.join();
    sees(&client, "blue");
    client.close();
    block_on(client.closed());
}

/// The runtime never runs after the client is closed, as in a process that ends at once. Without a shutdown of the socket, the
/// child's copy of the socket would keep the connection open.
fn a_closed_client_has_ended_the_connection_that_a_child_inherited() {
    let edge = edge();
    // The runtime returns from `block_on` after the first task that ends the wait, and runs no other task after it.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().event_interval(1).build();
    let runtime = runtime.unwrap();
    let client = builder(&edge).runtime(runtime.handle().clone()).start().unwrap();
    runtime.block_on(client.ready()).unwrap();
    seen(&edge, |seen| seen.open_connections() == 1);
    let mut child = fork(|link| link.expect("end"));
    client.close();
    runtime.block_on(client.closed());
    seen(&edge, |seen| seen.open_connections() == 0);
    child.link.say("end");
    child.join();
}

fn seeds_of_children_differ() {
    // The hash keys of this thread are drawn now, so that both children inherit them.
    drop(HashMap::<u8, u8>::new());
    let mut children = [(); 2].map(|()| {
        fork(|link| {
            link.say(&RandomState::new().build_hasher().finish().to_string());
            link.say(&seed().to_string());
        })
    });
    let [keys, seeds] = [(); 2].map(|()| children.each_mut().map(|child| child.link.hear()));
    assert_eq!(keys[0], keys[1], "the children have the same hash keys");
    assert_ne!(seeds[0], seeds[1]);
    for child in children {
        child.join();
    }
}
