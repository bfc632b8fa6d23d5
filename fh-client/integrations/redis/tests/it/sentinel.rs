//! Sentinels that name the master, also after a failover.

use std::time::Duration;

use fh_client::Client;
use fh_redis::{RedisStore, RedisStoreBuilder};
use fh_test::wait::wait_until;

use crate::rig::{LIST, Rig, feature, list};
use crate::server::Server;

fn quick(builder: RedisStoreBuilder) -> RedisStoreBuilder {
    builder.backoff(Duration::from_millis(20)).timeout(Duration::from_secs(5))
}

fn with_password(server: &Server) -> redis::Connection {
    let url = server.url().replace("redis://", "redis://:hush@");
    redis::Client::open(url).unwrap().get_connection().unwrap()
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
    wait_until("a replica that follows", || {
        let found: String =
            redis::cmd("INFO").arg("replication").query(&mut with_password(&master)).unwrap();
        found.contains("state=online")
    });
    let sentinel = Server::start_sentinel("primary", &master, &["sentinel auth-pass primary hush"]);
    // The first sentinel of the URL is unreachable.
    let url = format!("redis-sentinel://:hush@127.0.0.1:1,127.0.0.1:{}/0#primary", sentinel.port());
    let stored = |server: &Server| -> Option<String> {
        redis::cmd("GET").arg(LIST).query(&mut with_password(server)).unwrap()
    };
    let rig = Rig::to(master, url, quick);
    rig.list(&[feature("a", 1)]);
    assert_eq!(stored(&rig.server), Some(list(&[feature("a", 1)])));

    wait_until("a replica that the sentinel knows", || {
        let replicas: Vec<redis::Value> = redis::cmd("SENTINEL")
            .arg("REPLICAS")
            .arg("primary")
            .query(&mut sentinel.connection())
            .unwrap();
        !replicas.is_empty() && stored(&replica) == Some(list(&[feature("a", 1)]))
    });
    wait_until("a failover that begins", || {
        let asked =
            redis::cmd("SENTINEL").arg("FAILOVER").arg("primary").exec(&mut sentinel.connection());
        asked.is_ok() || asked.is_err_and(|why| why.to_string().contains("INPROG"))
    });
    wait_until("another master", || {
        let (_, port): (String, u16) = redis::cmd("SENTINEL")
            .arg("GET-MASTER-ADDR-BY-NAME")
            .arg("primary")
            .query(&mut sentinel.connection())
            .unwrap();
        port == replica.port()
    });
    // The old master accepts writes, which are lost, until it follows the new one. The sentinel sends the same commands at some time
    // in the next 20 seconds, which close this connection too.
    wait_until("an old master that follows", || {
        let mut follow = redis::pipe();
        follow.atomic().cmd("REPLICAOF").arg("127.0.0.1").arg(replica.port());
        follow.cmd("CLIENT").arg(&["KILL", "TYPE", "normal"]);
        let mut connection = redis::Client::open(rig.server.url().replace("://", "://:hush@"))
            .and_then(|client| client.get_connection());
        connection.as_mut().is_ok_and(|connection| follow.exec(connection).is_ok())
    });
    rig.list(&[feature("a", 2), feature("b", 1)]);
    assert_eq!(stored(&replica), Some(list(&[feature("a", 2), feature("b", 1)])));
    assert!(rig.status().is_connected && rig.status().given_up == 0, "{:?}", rig.status());
}

/// The store retries, because a sentinel may learn of the master later.
#[test]
fn a_master_that_no_sentinel_knows_is_reported_and_retried() {
    let master = Server::start_on_a_port(&[]);
    let sentinel = Server::start_sentinel("primary", &master, &[]);
    let client = Client::offline().api_key("one/key*").start().unwrap();
    let url = format!("redis-sentinel://127.0.0.1:{}#another", sentinel.port());
    let store = quick(RedisStore::builder(url)).attach(&client).unwrap();
    wait_until("an error", || store.status().last_error.is_some());
    let error = store.status().last_error.unwrap();
    assert!(error.contains("no sentinel knows a master called \"another\""), "{error}");
    let monitor = format!("127.0.0.1 {} 1", master.port());
    let mut command = redis::cmd("SENTINEL");
    command.arg("MONITOR").arg("another");
    command.arg(monitor.split(' ').collect::<Vec<_>>());
    command.exec(&mut sentinel.connection()).unwrap();
    wait_until("a connection", || store.status().is_connected);
}

/// The master and the sentinels accept only their own passwords.
#[test]
fn sentinels_with_a_password_of_their_own() {
    let master = Server::start_on_a_port(&["--requirepass", "hush"]);
    let lines = ["requirepass gate/keeper", "sentinel auth-pass primary hush"];
    let sentinel = Server::start_sentinel("primary", &master, &lines);
    let hosts = format!("redis-sentinel://:hush@127.0.0.1:{}/0", sentinel.port());
    let url = format!("{hosts}#primary");
    let in_url = format!("{hosts}?sentinel_password=gate%2Fkeeper#primary");
    let rig = Rig::to(master, in_url, quick);
    rig.list(&[feature("a", 1)]);
    let stored: String =
        redis::cmd("GET").arg(LIST).query(&mut with_password(&rig.server)).unwrap();
    assert_eq!(stored, list(&[feature("a", 1)]));

    let client = Client::offline().api_key("one/key*").start().unwrap();
    let store = quick(RedisStore::builder(url.as_str()))
        .sentinel_password("gate/keeper")
        .attach(&client)
        .unwrap();
    wait_until("the stored features", || &*client.string_or("a", "") == "a1");
    drop(store);

    for wrong in [None, Some("hush"), Some("gate/keeper2")] {
        let mut builder = quick(RedisStore::builder(url.as_str()));
        if let Some(wrong) = wrong {
            builder = builder.sentinel_password(wrong);
        }
        assert!(!format!("{builder:?}").contains("gate"), "{builder:?}");
        let store = builder.attach(&client).unwrap();
        wait_until("a refusal", || store.status().last_error.is_some());
        let error = store.status().last_error.unwrap();
        assert!(error.contains("sentinel_password") && error.contains("127.0.0.1"), "{error}");
        assert!(!error.contains("gate") && !error.contains("hush"), "{error}");
        assert!(!format!("{store:?}").contains("gate"), "{store:?}");
    }
}

#[test]
fn sentinels_with_a_user_of_their_own() {
    let master = Server::start_on_a_port(&[]);
    let lines = ["requirepass unknown", "user watcher on >gate ~* &* +@all"];
    let sentinel = Server::start_sentinel("primary", &master, &lines);
    let url = format!("redis-sentinel://127.0.0.1:{}#primary", sentinel.port());
    let rig = Rig::to(master, url, |builder| {
        quick(builder).sentinel_username("watcher").sentinel_password("gate")
    });
    rig.list(&[feature("a", 1)]);
    rig.assert_stored(&[feature("a", 1)]);
}
