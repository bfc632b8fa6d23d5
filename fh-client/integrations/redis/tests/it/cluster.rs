//! Tests with Redis Cluster: one node that holds all slots, and two nodes that share them.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::Duration;

use fh_client::{RawKind, Source};
use fh_redis::RedisStoreBuilder;
use fh_test::wait::wait_until;

use crate::rig::{Rig, digest, feature, list};
use crate::server::Server;

fn node() -> Server {
    let server = Server::start_node();
    let mut connection = server.connection();
    redis::cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(0).arg(16_383).exec(&mut connection).unwrap();
    wait_until("a cluster", || {
        let info: String = redis::cmd("CLUSTER").arg("INFO").query(&mut connection).unwrap();
        info.contains("cluster_state:ok")
    });
    server
}

fn quick(builder: RedisStoreBuilder) -> RedisStoreBuilder {
    builder.retries(2).backoff(Duration::from_millis(1))
}

#[test]
fn a_prefix_in_braces_puts_both_keys_into_one_slot() {
    let rig = Rig::with(node(), |builder| quick(builder).prefix("{featurehub}"));
    rig.list(&[feature("a", 1)]);
    assert_eq!(rig.server.get("{featurehub}_one"), Some(list(&[feature("a", 1)])));
    assert_eq!(rig.server.get("{featurehub}_one_sha"), Some(digest(&[feature("a", 1)])));
}

#[test]
fn without_braces_the_reason_for_not_writing_is_reported() {
    let rig = Rig::with(node(), quick);
    rig.list(&[feature("a", 1)]);
    let status = rig.status();
    assert_eq!((status.given_up, status.writes), (1, 0), "{status:?}");
    assert!(status.last_error.unwrap().contains("CrossSlot"), "{:?}", rig.status());
}

/// Returns a cluster of two nodes. The first one holds the slot of `{featurehub}`.
fn two_nodes() -> (Server, Server) {
    let (one, other) = (Server::start_node(), Server::start_node());
    let tell = |server: &Server, words: &[&str]| {
        let mut command = redis::cmd("CLUSTER");
        command.arg(words);
        command.exec(&mut server.connection()).unwrap();
    };
    tell(&one, &["ADDSLOTSRANGE", "0", "8191"]);
    tell(&other, &["ADDSLOTSRANGE", "8192", "16383"]);
    let config: Vec<String> =
        redis::cmd("CONFIG").arg("GET").arg("cluster-port").query(&mut other.connection()).unwrap();
    tell(&one, &["MEET", "127.0.0.1", &other.port().to_string(), &config[1]]);
    for server in [&one, &other] {
        wait_until("a cluster of two", || {
            let info: String =
                redis::cmd("CLUSTER").arg("INFO").query(&mut server.connection()).unwrap();
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:2")
        });
    }
    agree(&one, &other);
    match slot() {
        0..8192 => (one, other),
        _ => (other, one),
    }
}

/// Returns the id, the configuration epoch and the slots of each node, as this node sees them.
fn view(server: &Server) -> BTreeSet<Vec<String>> {
    let nodes: String = redis::cmd("CLUSTER").arg("NODES").query(&mut server.connection()).unwrap();
    let node = |line: &str| {
        let fields: Vec<String> = line.split(' ').map(String::from).collect();
        [&fields[..1], &fields[6..7], &fields[8..]].concat()
    };
    nodes.lines().map(node).collect()
}

/// Waits until both nodes have the same view, with different epochs. A node that takes a slot wins over another node by a higher
/// epoch. It gets one only above the epochs that it knows, so a slot that moves before the nodes agree can move back by itself.
fn agree(one: &Server, other: &Server) {
    wait_until("nodes that agree", || {
        let views = (view(one), view(other));
        let epochs: BTreeSet<&String> = views.0.iter().map(|node| &node[1]).collect();
        views.0 == views.1 && epochs.len() == 2
    });
}

/// Returns the slot of `{featurehub}`.
fn slot() -> u16 {
    static SLOT: OnceLock<u16> = OnceLock::new();
    *SLOT.get_or_init(|| {
        let server = Server::start_node();
        let mut slot = redis::cmd("CLUSTER");
        slot.arg("KEYSLOT").arg("{featurehub}_one").query(&mut server.connection()).unwrap()
    })
}

fn id(server: &Server) -> String {
    redis::cmd("CLUSTER").arg("MYID").query(&mut server.connection()).unwrap()
}

/// Changes the slot of `{featurehub}` as this node sees it.
fn set_slot(server: &Server, words: &[&str]) {
    let mut command = redis::cmd("CLUSTER");
    command.arg("SETSLOT").arg(slot()).arg(words);
    command.exec(&mut server.connection()).unwrap();
}

#[test]
fn redirections_lead_to_the_node_that_holds_the_keys() {
    let (holder, other) = two_nodes();
    let rig = Rig::with(other, |builder| {
        quick(builder).prefix("{featurehub}").timeout(Duration::from_secs(5))
    });
    rig.list(&[feature("a", 1)]);
    assert_eq!(holder.get("{featurehub}_one"), Some(list(&[feature("a", 1)])));
    assert_eq!(rig.status().given_up, 0, "{:?}", rig.status());

    // The slot moves to the other node. Meanwhile neither node serves keys that it lacks (ASK). Afterwards the first node redirects
    // to the other one (MOVED).
    let (from, to) = (id(&holder), id(&rig.server));
    set_slot(&rig.server, &["IMPORTING", &from]);
    set_slot(&holder, &["MIGRATING", &to]);
    holder.delete("{featurehub}_one");
    rig.tell(Source::Streaming, RawKind::List, &list(&[feature("a", 2)]));
    wait_until("a refusal while one key is there", || {
        rig.status().last_error.is_some_and(|error| error.contains("TryAgain"))
    });
    holder.delete("{featurehub}_one_sha");
    wait_until("a redirection for this once", || {
        rig.status().last_error.is_some_and(|error| error.contains("Ask"))
    });
    set_slot(&rig.server, &["NODE", &to]);
    set_slot(&holder, &["NODE", &to]);
    rig.settle();
    assert_eq!(rig.server.get("{featurehub}_one"), Some(list(&[feature("a", 2)])));
    assert_eq!(rig.status().given_up, 0, "{:?}", rig.status());
}

/// Sets a pause that is so long that a store that pauses at a redirection never settles.
fn without_pause(builder: RedisStoreBuilder) -> RedisStoreBuilder {
    builder.prefix("{featurehub}").backoff(Duration::from_secs(3_600))
}

#[test]
fn each_redirection_is_followed_without_a_pause() {
    let (holder, other) = two_nodes();
    let rig = Rig::with(other, without_pause);
    let (one, other) = (id(&holder), id(&rig.server));
    for version in 1..10 {
        let (from, to) = match version % 2 {
            1 => ((&holder, &one), (&rig.server, &other)),
            _ => ((&rig.server, &other), (&holder, &one)),
        };
        rig.list(&[feature("a", version)]);
        assert_eq!(from.0.get("{featurehub}_one"), Some(list(&[feature("a", version)])));
        set_slot(to.0, &["IMPORTING", from.1]);
        set_slot(from.0, &["MIGRATING", to.1]);
        from.0.delete("{featurehub}_one");
        from.0.delete("{featurehub}_one_sha");
        set_slot(to.0, &["NODE", to.1]);
        set_slot(from.0, &["NODE", to.1]);
        agree(&holder, &rig.server);
    }
    assert_eq!(rig.status().last_error, None);
}

#[test]
fn a_node_that_does_not_name_the_address_of_another_shares_its_own() {
    let (holder, other) = two_nodes();
    let mut config = redis::cmd("CONFIG");
    config.arg(&["SET", "cluster-preferred-endpoint-type", "unknown-endpoint"]);
    config.exec(&mut other.connection()).unwrap();
    let rig = Rig::with(other, without_pause);
    rig.list(&[feature("a", 1)]);
    assert_eq!(holder.get("{featurehub}_one"), Some(list(&[feature("a", 1)])));
}

#[test]
fn nodes_that_name_each_other_are_tried_with_a_pause() {
    let (holder, other) = two_nodes();
    set_slot(&holder, &["NODE", &id(&other)]);
    let rig = Rig::with(other, without_pause);
    rig.tell(Source::Streaming, RawKind::List, &list(&[feature("a", 1)]));
    wait_until("an end of redirections", || rig.status().last_error.is_some());
    let status = rig.status();
    assert!(status.last_error.as_ref().unwrap().contains("Moved"), "{status:?}");
    assert!(status.connections < 10, "{status:?}");
}

#[test]
fn a_node_that_is_gone_is_forgotten() {
    let (mut holder, other) = two_nodes();
    let mut config = redis::cmd("CONFIG");
    config.arg(&["SET", "cluster-require-full-coverage", "no"]);
    config.exec(&mut other.connection()).unwrap();
    let rig = Rig::with(other, |builder| quick(builder).retries(100).prefix("{featurehub}"));
    rig.list(&[feature("a", 1)]);
    holder.kill();
    set_slot(&rig.server, &["NODE", &id(&rig.server)]);
    rig.list(&[feature("a", 2)]);
    assert_eq!(rig.server.get("{featurehub}_one"), Some(list(&[feature("a", 2)])));
}

#[test]
fn writes_that_a_node_without_slots_refuses_are_made_once_it_has_slots() {
    let rig = Rig::with(Server::start_node(), |builder| quick(builder).prefix("{featurehub}"));
    rig.tell(Source::Streaming, RawKind::List, &list(&[feature("a", 1)]));
    wait_until("several attempts", || rig.status().connections > 3);
    let mut slots = redis::cmd("CLUSTER");
    slots.arg("ADDSLOTSRANGE").arg(0).arg(16_383).exec(&mut rig.server.connection()).unwrap();
    rig.settle();
    assert_eq!(rig.server.get("{featurehub}_one"), Some(list(&[feature("a", 1)])));
    assert_eq!(rig.status().given_up, 0, "{:?}", rig.status());
}
