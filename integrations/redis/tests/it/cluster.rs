//! A node of a Redis Cluster that holds all slots, and nodes that share them.

use std::time::Duration;

use fh_redis::RedisStoreBuilder;

use crate::rig::{Rig, digest, feature, list};
use crate::server::{Server, eventually};

fn node() -> Server {
    let server = Server::start_node();
    let mut connection = server.connection();
    redis::cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(0).arg(16_383).exec(&mut connection).unwrap();
    eventually("a cluster", || {
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
fn without_braces_it_says_why_it_does_not_write() {
    let rig = Rig::with(node(), quick);
    rig.list(&[feature("a", 1)]);
    let status = rig.status();
    assert_eq!((status.given_up, status.writes), (1, 0), "{status:?}");
    assert!(status.last_error.unwrap().contains("CrossSlot"), "{:?}", rig.status());
}

/// Two nodes: the first one that is returned holds the slot of `{featurehub}`.
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
        eventually("a cluster of two", || {
            let info: String =
                redis::cmd("CLUSTER").arg("INFO").query(&mut server.connection()).unwrap();
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:2")
        });
    }
    match slot() {
        0..8192 => (one, other),
        _ => (other, one),
    }
}

fn slot() -> u16 {
    let server = Server::start_node();
    redis::cmd("CLUSTER")
        .arg("KEYSLOT")
        .arg("{featurehub}_one")
        .query(&mut server.connection())
        .unwrap()
}

fn id(server: &Server) -> String {
    redis::cmd("CLUSTER").arg("MYID").query(&mut server.connection()).unwrap()
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

    // The slot moves. While it does, neither node serves keys that are not there (ASK); afterwards the other one is named (MOVED).
    let (from, to) = (id(&holder), id(&rig.server));
    let slot = slot().to_string();
    let set = |server: &Server, words: &[&str]| {
        let mut command = redis::cmd("CLUSTER");
        command.arg("SETSLOT").arg(&slot);
        command.arg(words);
        command.exec(&mut server.connection()).unwrap();
    };
    set(&rig.server, &["IMPORTING", &from]);
    set(&holder, &["MIGRATING", &to]);
    holder.delete("{featurehub}_one");
    holder.delete("{featurehub}_one_sha");
    rig.tell(fh_client::Source::Streaming, fh_client::RawKind::List, &list(&[feature("a", 2)]));
    eventually("a redirection for this once", || {
        rig.status().last_error.is_some_and(|error| error.contains("Ask"))
    });
    set(&rig.server, &["NODE", &to]);
    set(&holder, &["NODE", &to]);
    rig.settle();
    assert_eq!(rig.server.get("{featurehub}_one"), Some(list(&[feature("a", 2)])));
    assert_eq!(rig.status().given_up, 0, "{:?}", rig.status());
}
