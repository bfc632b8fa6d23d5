//! Several Edges with one state, in a real PostgreSQL.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod calls;
mod cluster;
mod deep;
mod failures;
mod history;
mod link;
mod model;
#[path = "../it/router.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod router;
mod servers;
mod streams;

use fh_edge::cluster::{Initialised, export, import, init, survey};
use fh_edge::state::Json;
use fh_test_servers::postgres::Postgres;
use serde_json::json;

use servers::{CLIENT_KEY, Following, SERVER_KEY, Server, WRITER_KEY, options, state};

#[global_allocator]
static ALLOCATOR: fh_test::memory::Counting = fh_test::memory::Counting;

/// The whole path: a state in the database, three servers and a fourth that starts last, and changes on all of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_any_server_is_on_all() {
    let database = Postgres::new();
    assert_eq!(init(&options(&database), Some(state())).await.unwrap(), Initialised::New);
    assert_eq!(init(&options(&database), None).await.unwrap(), Initialised::Existed);
    let mut servers = Vec::new();
    for name in ["one", "two", "three"] {
        servers.push(Server::start(&database, name).await);
    }
    let mut streams = Vec::new();
    for server in &servers {
        for key in [CLIENT_KEY, SERVER_KEY] {
            streams.push(Following::open(server, key).await);
        }
    }
    // A PUT on the second server, a PATCH on the third, and an import.
    assert_eq!(servers[1].put("BANNER", r#"{"value": "by put"}"#).await.0, 200);
    assert_eq!(servers[2].patch("NEW_CHECKOUT", r#"{"value": true, "locked": true}"#).await.0, 200);
    for stream in &mut streams {
        stream.until("BANNER", "by put").await;
        stream.until("NEW_CHECKOUT", "true").await;
    }
    let mut next = state();
    let banner = next.environments[0].values.get_mut("BANNER").unwrap();
    banner.value = Some(Json::text("by import"));
    let at = options(&database);
    let revision = tokio::task::spawn_blocking(move || import(&at, next)).await.unwrap().unwrap();
    for stream in &mut streams {
        stream.until("BANNER", "by import").await;
    }
    servers.push(Server::start(&database, "four").await);
    for key in [CLIENT_KEY, SERVER_KEY, WRITER_KEY] {
        let first = servers[0].poll(key).await;
        assert_eq!(first.0, 200);
        for server in &servers {
            assert_eq!(server.poll(key).await, first, "{key} on {}", server.name);
        }
    }
    // What the import did not change is kept.
    let checkout = servers[3].feature(CLIENT_KEY, "NEW_CHECKOUT").await;
    assert_eq!((&checkout["value"], &checkout["l"]), (&json!(true), &json!(true)));
    let found = survey(&options(&database)).await.unwrap();
    assert_eq!((found.revision, found.log_rows, found.has_state), (revision, 4, true));
    let names: Vec<&str> = found.servers.iter().map(|server| &*server.name).collect();
    assert_eq!(names, ["four", "one", "three", "two"]);
    let at = options(&database);
    let exported = tokio::task::spawn_blocking(move || export(&at)).await.unwrap().unwrap();
    assert_eq!(exported, servers[2].edge.handle().state().await.unwrap());
    for server in &servers {
        assert_eq!(server.edge.handle().cluster().unwrap().revision, revision);
        assert_eq!(server.connections().await["server"], *server.name);
    }
    let log = database.sql("SELECT server, changes::json->0->>'account', changes::json->0->>'feature' FROM fh_edge.log ORDER BY revision");
    assert_eq!(log, "fh cluster init||\ntwo|writer|BANNER\nthree||NEW_CHECKOUT\nimport||");
}

/// A caller that changes one server and reads another one sees its own changes.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_with_a_revision_sees_the_change() {
    let database = Postgres::new();
    init(&options(&database), Some(state())).await.unwrap();
    let (one, two) = (Server::start(&database, "one").await, Server::start(&database, "two").await);
    for number in 0..200 {
        let body = format!(r#"{{"value": "number {number}"}}"#);
        let revision = two.put_revision("BANNER", &body).await;
        let (status, body) = one.poll_at(CLIENT_KEY, &revision).await;
        assert!(status == 200 && body.contains(&format!("\"number {number}\"")), "{body}");
    }
    assert_eq!(one.poll_at(CLIENT_KEY, "1000000").await.0, 503);
    assert_eq!(one.poll_at(CLIENT_KEY, "x").await.0, 400);
    let metrics = two.metrics().await;
    for line in [
        "fh_edge_cluster_connected 1\n",
        "fh_edge_cluster_revision ",
        "fh_edge_cluster_commit_seconds_count 200\n",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    assert!(metrics.ends_with("# EOF\n"));
}

/// A change is decided with the rights of the newest state, also on a server that has not heard of them.
#[tokio::test(flavor = "multi_thread")]
async fn rights_are_those_of_the_newest_state() {
    let database = Postgres::new();
    init(&options(&database), Some(state())).await.unwrap();
    let server = Server::start(&database, "one").await;
    assert_eq!(server.put("BANNER", r#"{"value": "allowed"}"#).await.0, 200);
    // Without a notification.
    let _ = database.sql(
        r#"BEGIN; UPDATE fh_edge.cluster SET revision = 5, commit_id = 'x', state_revision = 5,
        state = replace(state, '"CHANGE_VALUE"', '"READ"');
        INSERT INTO fh_edge.log VALUES (5, 2, 'x', now(), 'silent', NULL); COMMIT"#,
    );
    assert_eq!(server.put("BANNER", r#"{"value": "refused"}"#).await.0, 403);
}
