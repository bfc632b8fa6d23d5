//! What servers of a cluster do when the database is replaced, restored or gone, and when its notifications are lost.

use fh_edge::cluster::init;
use fh_test::wait::wait_until_async;
use fh_test_servers::postgres::Postgres;

use crate::servers::{CLIENT_KEY, ENVIRONMENT, Following, Server, options, state};

/// A database with a state, and a server.
async fn begin() -> (Postgres, Server) {
    let database = Postgres::new();
    init(&options(&database), Some(state())).await.unwrap();
    let server = Server::start(&database, "one").await;
    (database, server)
}

/// Each of these stops a server from taking over commits. It serves what it has, and refuses changes.
#[tokio::test(flavor = "multi_thread")]
async fn tables_that_are_not_those_of_the_server_are_not_used() {
    for (harm, repair, reason) in [
        (
            "UPDATE fh_edge.cluster SET id = 'x' || id",
            "UPDATE fh_edge.cluster SET id = substr(id, 2)",
            "belongs to the cluster",
        ),
        (
            "UPDATE fh_edge.cluster SET format = 2",
            "UPDATE fh_edge.cluster SET format = 1",
            "install a later version",
        ),
        (
            "ALTER TABLE fh_edge.cluster RENAME TO gone",
            "ALTER TABLE fh_edge.gone RENAME TO cluster",
            "does not exist",
        ),
        (
            "CREATE TABLE fh_edge.kept AS TABLE fh_edge.cluster; DELETE FROM fh_edge.cluster",
            "INSERT INTO fh_edge.cluster SELECT * FROM fh_edge.kept",
            "has no row",
        ),
        (
            "UPDATE fh_edge.cluster SET revision = 9, commit_id = 'x'; \
             INSERT INTO fh_edge.log VALUES (9, 1, 'x', now(), 'later', '[{\"later\":1}]')",
            "DELETE FROM fh_edge.log WHERE revision = 9; \
             UPDATE fh_edge.cluster SET (revision, commit_id) = (SELECT revision, commit_id FROM fh_edge.log)",
            "a later version wrote them",
        ),
    ] {
        let (database, server) = begin().await;
        let before = server.poll(CLIENT_KEY).await;
        let _ = database.sql(harm);
        let (status, body) = server.put("BANNER", r#"{"value": "lost"}"#).await;
        assert_eq!((status, body.contains("was not made")), (503, true), "{reason}: {body}");
        assert_eq!(server.poll(CLIENT_KEY).await, before, "{reason}");
        let notice = server.readiness().await;
        assert!(notice.0 == 200 && notice.1.contains(reason), "{reason}: {notice:?}");
        let _ = database.sql(repair);
        wait_until_async("a change", async || {
            server.put("BANNER", r#"{"value": "made"}"#).await.0 == 200
        })
        .await;
        assert_eq!(server.readiness().await.1, "");
        let lost = database.sql("SELECT count(*) FROM fh_edge.log WHERE changes LIKE '%lost%'");
        assert_eq!(lost, "0", "{reason}");
    }
}

/// A restored backup, or a failover to a standby that lags, lacks commits. Clients ignore versions that fall, so servers raise them.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_lost_commits_gets_higher_versions() {
    let (database, server) = begin().await;
    let other = Server::start(&database, "two").await;
    let mut stream = Following::open(&server, CLIENT_KEY).await;
    let _ = database.sql(
        "CREATE TABLE fh_edge.old AS TABLE fh_edge.cluster; CREATE TABLE fh_edge.old_log AS TABLE fh_edge.log",
    );
    for value in ["first", "second"] {
        assert_eq!(server.put("BANNER", &format!(r#"{{"value": "{value}"}}"#)).await.0, 200);
        stream.until("BANNER", value).await;
    }
    let lost = server.feature(CLIENT_KEY, "BANNER").await["version"].as_i64().unwrap();
    let _ = database.sql(
        "BEGIN; DELETE FROM fh_edge.log; INSERT INTO fh_edge.log TABLE fh_edge.old_log; \
         DELETE FROM fh_edge.cluster; INSERT INTO fh_edge.cluster TABLE fh_edge.old; COMMIT",
    );
    for server in [&server, &other] {
        wait_until_async("the old value", async || {
            let banner = server.feature(CLIENT_KEY, "BANNER").await;
            banner["value"] == "Welcome" && banner["version"].as_i64().unwrap() > lost
        })
        .await;
    }
    stream.until("BANNER", "Welcome").await;
    stream.versions_rise("BANNER");
    wait_until_async("equal servers", async || {
        server.poll(CLIENT_KEY).await == other.poll(CLIENT_KEY).await
    })
    .await;
    // One of the servers has raised the versions, and the other one found nothing to raise.
    assert_eq!(database.sql("SELECT count(*) FROM fh_edge.log WHERE changes IS NULL"), "2");
}

/// A pooler may drop notifications. A key that another server has added is then still found at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_refused_only_after_a_query() {
    let (database, server) = begin().await;
    let unknown = format!("{ENVIRONMENT}/other*key");
    assert_eq!(server.poll(&unknown).await.0, 404);
    let _ = database.sql(
        "BEGIN; UPDATE fh_edge.cluster SET revision = 5, commit_id = 'x', state_revision = 5, \
         state = replace(state, 'reader*client', 'other*key'); \
         INSERT INTO fh_edge.log VALUES (5, 1, 'x', now(), 'silent', NULL); COMMIT",
    );
    assert_eq!(server.poll(&unknown).await.0, 200);
    assert_eq!(server.poll(CLIENT_KEY).await.0, 404);
    // A server that cannot ask does not refuse, and holds streams.
    database.kill();
    let never = format!("{ENVIRONMENT}/never*key");
    assert_eq!(server.poll(&never).await.0, 503);
    let mut held = Following::begin(&server, &never).await;
    database.start();
    held.until_text("event: failure").await;
    assert_eq!(server.poll(&never).await.0, 404);
}

/// A commit without a notification arrives within the interval of the queries.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_without_a_notification_arrives() {
    let (database, server) = begin().await;
    let mut stream = Following::open(&server, CLIENT_KEY).await;
    assert_eq!(server.put("BANNER", r#"{"value": "heard"}"#).await.0, 200);
    let version = server.feature(CLIENT_KEY, "BANNER").await["version"].as_i64().unwrap();
    let (from, to) = (format!("\"version\":{version}"), format!("\"version\":{}", version + 1));
    let _ = database.sql(&format!(
        "BEGIN; INSERT INTO fh_edge.log SELECT revision + 1, revision, 'silent', now(), 'silent', \
         replace(replace(changes, 'heard', 'silent'), '{from}', '{to}') FROM fh_edge.log ORDER BY revision DESC LIMIT 1; \
         UPDATE fh_edge.cluster SET revision = revision + 1, commit_id = 'silent'; COMMIT",
    ));
    stream.until("BANNER", "silent").await;
    stream.versions_rise("BANNER");
}

/// Without a state there is nothing to serve, and nothing is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_without_a_state_is_not_ready() {
    let database = Postgres::new();
    init(&options(&database), None).await.unwrap();
    let at = fh_edge::cluster::ClusterOptions::new(&database.url()).unwrap();
    let server = Server::begin(&at, "one");
    assert_eq!((server.readiness().await.0, server.poll(CLIENT_KEY).await.0), (503, 503));
    let mut stream = Following::begin(&server, CLIENT_KEY).await;
    let at = options(&database);
    let import = move || fh_edge::cluster::import(&at, state());
    assert_eq!(tokio::task::spawn_blocking(import).await.unwrap().unwrap(), 1);
    stream.until("BANNER", "Welcome").await;
    server.ready().await;
}
