//! A node of a Redis Cluster that holds all slots.

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
