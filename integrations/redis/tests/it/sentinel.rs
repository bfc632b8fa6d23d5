//! Sentinels that name the master, and another one after a failover.

use std::time::Duration;

use fh_client::Client;
use fh_redis::{RedisStore, RedisStoreBuilder};

use crate::rig::{LIST, Rig, feature, list};
use crate::server::{Server, eventually};

fn quick(builder: RedisStoreBuilder) -> RedisStoreBuilder {
    builder.backoff(Duration::from_millis(20)).timeout(Duration::from_secs(5))
}

#[test]
fn the_master_of_the_sentinels_is_written_to_also_after_a_failover() {
    let master = Server::start_on_a_port(&["--requirepass", "hush", "--masterauth", "hush"]);
    let port = master.port().to_string();
    let replica = Server::start_on_a_port(&[
        "--requirepass",
        "hush",
        "--masterauth",
        "hush",
        "--replicaof",
        "127.0.0.1",
        &port,
    ]);
    let sentinel = Server::start_sentinel("primary", &master);
    let tell = |server: &Server, words: &[&str]| -> redis::Value {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query(&mut server.connection()).unwrap()
    };
    tell(&sentinel, &["SENTINEL", "SET", "primary", "auth-pass", "hush"]);
    // The first of the sentinels is away.
    let url = format!("redis-sentinel://:hush@127.0.0.1:1,127.0.0.1:{}/0#primary", sentinel.port());
    let with_password = |server: &Server| {
        let url = server.url().replace("redis://", "redis://:hush@");
        redis::Client::open(url).unwrap().get_connection().unwrap()
    };
    let stored = |server: &Server| -> Option<String> {
        redis::cmd("GET").arg(LIST).query(&mut with_password(server)).unwrap()
    };
    let rig = Rig::to(master, url, quick);
    rig.list(&[feature("a", 1)]);
    assert_eq!(stored(&rig.server), Some(list(&[feature("a", 1)])));

    eventually("a replica that the sentinel knows", || {
        let replicas: Vec<redis::Value> = redis::cmd("SENTINEL")
            .arg("REPLICAS")
            .arg("primary")
            .query(&mut sentinel.connection())
            .unwrap();
        !replicas.is_empty() && stored(&replica) == Some(list(&[feature("a", 1)]))
    });
    eventually("a failover that begins", || {
        let asked =
            redis::cmd("SENTINEL").arg("FAILOVER").arg("primary").exec(&mut sentinel.connection());
        asked.is_ok() || asked.is_err_and(|why| why.to_string().contains("INPROG"))
    });
    eventually("another master", || {
        let (_, port): (String, u16) = redis::cmd("SENTINEL")
            .arg("GET-MASTER-ADDR-BY-NAME")
            .arg("primary")
            .query(&mut sentinel.connection())
            .unwrap();
        port == replica.port()
    });
    // Until the old master knows, it takes writes that are lost with it.
    eventually("the old master is a replica", || {
        let role: redis::Value = redis::cmd("ROLE").query(&mut with_password(&rig.server)).unwrap();
        format!("{role:?}").contains("slave")
    });
    rig.list(&[feature("a", 2), feature("b", 1)]);
    assert_eq!(stored(&replica), Some(list(&[feature("a", 2), feature("b", 1)])));
    assert!(rig.status().is_connected && rig.status().given_up == 0, "{:?}", rig.status());
}

/// It is tried again, since a sentinel may learn of the master.
#[test]
fn a_master_that_no_sentinel_knows_is_said() {
    let master = Server::start_on_a_port(&[]);
    let sentinel = Server::start_sentinel("primary", &master);
    let client = Client::offline().api_key("one/key*").start().unwrap();
    let url = format!("redis-sentinel://127.0.0.1:{}#another", sentinel.port());
    let store = quick(RedisStore::builder(url)).attach(&client).unwrap();
    eventually("an error", || store.status().last_error.is_some());
    let error = store.status().last_error.unwrap();
    assert!(error.contains("no sentinel knows a master called \"another\""), "{error}");
    let monitor = format!("127.0.0.1 {} 1", master.port());
    let mut command = redis::cmd("SENTINEL");
    command.arg("MONITOR").arg("another");
    command.arg(monitor.split(' ').collect::<Vec<_>>());
    command.exec(&mut sentinel.connection()).unwrap();
    eventually("a connection", || store.status().is_connected);
}
