//! What servers of a cluster do when the database is replaced, restored or gone, and when its notifications are lost.

use fh_edge::FeatureChange;
use fh_edge::cluster::{ClusterOptions, import, init};
use fh_test::wait::wait_until_async;
use fh_test_servers::postgres::Postgres;
use fh_test_servers::postgres::pooler::Pooler;

use crate::link::{Link, Mode, Notifications};
use crate::servers::{
    CLIENT_KEY, ENVIRONMENT, Following, GUEST_KEY, Rights, Server, options, state, state_of,
};

const ALL: Rights = Rights { lock: true, change: true, guest: true };

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
    let at = ClusterOptions::new(&database.url()).unwrap();
    let server = Server::begin(&at, "one");
    assert_eq!((server.readiness().await.0, server.poll(CLIENT_KEY).await.0), (503, 503));
    let mut stream = Following::begin(&server, CLIENT_KEY).await;
    let at = options(&database);
    let import = move || import(&at, state());
    assert_eq!(tokio::task::spawn_blocking(import).await.unwrap().unwrap(), 1);
    stream.until("BANNER", "Welcome").await;
    server.ready().await;
}

/// Starts a server whose connection has this URL.
async fn server_at(url: &str, name: &str) -> Server {
    let server = Server::begin(&ClusterOptions::new(url).unwrap(), name);
    server.ready().await;
    server
}

/// PgBouncer in transaction mode, and a proxy that drops them, pass no notifications.
#[tokio::test(flavor = "multi_thread")]
async fn changes_pass_poolers_that_drop_notifications() {
    let (database, one) = begin().await;
    let link = Link::to(database.port(), Notifications::Dropped).await;
    let pooler = Pooler::before(&database);
    for (name, url) in [("a proxy", link.url()), ("a pooler", pooler.url())] {
        let behind = server_at(&url, "behind").await;
        let mut streams =
            [Following::open(&one, CLIENT_KEY).await, Following::open(&behind, CLIENT_KEY).await];
        for number in 0..3 {
            for (server, at) in [(&one, "before"), (&behind, "behind")] {
                let value = format!("{at} {name} {number}");
                assert_eq!(
                    server.put("BANNER", &format!(r#"{{"value": "{value}"}}"#)).await.0,
                    200
                );
                for stream in &mut streams {
                    stream.until("BANNER", &value).await;
                }
            }
        }
        for stream in streams {
            stream.versions_rise("BANNER");
        }
    }
}

/// The version and the revision of `If-Match` are compared with the newest ones, which the server may not hold yet.
#[tokio::test(flavor = "multi_thread")]
async fn if_match_is_decided_on_the_newest_state() {
    let (database, one) = begin().await;
    let link = Link::to(database.port(), Notifications::Dropped).await;
    let late = server_at(&link.url(), "late").await;
    for number in 0..5 {
        let old = late.feature(CLIENT_KEY, "BANNER").await["version"].clone();
        assert_eq!(one.put("BANNER", &format!(r#"{{"value": "{number}"}}"#)).await.0, 200);
        let new = one.feature(CLIENT_KEY, "BANNER").await["version"].clone();
        let only_old = late.patch_if(&format!("\"{old}\""), "BANNER", "{}").await;
        assert_eq!(only_old.0, 412, "{only_old:?}");
        let both = format!("\"{old}\", \"{new}\"");
        let body = format!(r#"{{"value": "late {number}"}}"#);
        let answer = late.patch_if(&both, "BANNER", &body).await;
        assert_eq!(answer.0, 200, "{answer:?}");

        let (old, new) =
            (one.revision().await, one.put_revision("BANNER", r#"{"value": "x"}"#).await);
        let state = state_of(ALL, "replaced", false);
        assert_eq!(late.replace_if(&format!("\"{old}\""), &state).await.0, 412);
        let answer = late.replace_if(&format!("\"{old}\", \"{new}\""), &state).await;
        assert_eq!(answer.0, 200, "{answer:?}");
    }
}

/// Strategies are checked against the newest type of their feature, which the server may not hold yet.
#[tokio::test(flavor = "multi_thread")]
async fn strategies_are_checked_against_the_newest_type() {
    let (database, one) = begin().await;
    let link = Link::to(database.port(), Notifications::Dropped).await;
    let late = server_at(&link.url(), "late").await;
    let text = state_of(ALL, "Welcome", false);
    let mut boolean: serde_json::Value = serde_json::from_str(&text).unwrap();
    boolean["features"][1]["type"] = "BOOLEAN".into();
    boolean["environments"][0]["values"]["BANNER"] = serde_json::json!({ "value": false });
    let boolean = boolean.to_string();
    for round in 0..6 {
        for (state, value, other) in [(&boolean, "true", "\"x\""), (&text, "\"x\"", "true")] {
            assert_eq!(one.replace_if("*", state).await.0, 200);
            let strategies = |value| format!(r#"{{"strategies": [{{"value": {value}}}]}}"#);
            if round % 2 == 0 {
                let answer = late.patch("BANNER", &strategies(value)).await;
                assert_eq!(answer.0, 200, "{answer:?}");
            } else {
                let list = serde_json::from_str(&format!(r#"[{{"value": {value}}}]"#)).unwrap();
                let change = FeatureChange { strategies: Some(list), ..FeatureChange::default() };
                let place = ENVIRONMENT.parse().unwrap();
                late.edge.handle().change(place, "BANNER", change).await.unwrap();
            }
            assert_eq!(late.patch("BANNER", &strategies(other)).await.0, 422);
        }
    }
    link.set(Mode::Cut);
    let answer = late.patch("BANNER", r#"{"strategies": [{"value": true}]}"#).await;
    assert_eq!(answer.0, 503, "{answer:?}");
}

/// A server that cannot ask the database answers no new key with 404, and its stream waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_waits_while_the_database_cannot_be_asked() {
    for mode in [Mode::Cut, Mode::Stalled] {
        let (database, _one) = begin().await;
        let link = Link::to(database.port(), Notifications::Pass).await;
        let away = server_at(&link.url(), "away").await;
        link.set(mode);
        let (at, next) = (options(&database), state_of(ALL, "Welcome", false));
        let next = serde_json::from_str(&next).unwrap();
        tokio::task::spawn_blocking(move || import(&at, next)).await.unwrap().unwrap();
        assert_eq!(away.poll(GUEST_KEY).await.0, 503, "{mode:?}");
        let put = away.put_as(GUEST_KEY, "BANNER", r#"{"value": "guest"}"#).await;
        assert_eq!(put.0, 503, "{mode:?} {put:?}");
        let mut held = Following::begin(&away, GUEST_KEY).await;
        link.set(Mode::Open);
        held.until("BANNER", "Welcome").await;
        assert_eq!(away.poll(GUEST_KEY).await.0, 200);
    }
}

/// A server that starts before its database refuses no key, and serves the state once the database answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_before_its_database() {
    let (database, one) = begin().await;
    drop(one);
    database.kill();
    let server = Server::begin(&ClusterOptions::new(&database.url()).unwrap(), "early");
    assert_eq!((server.readiness().await.0, server.poll(CLIENT_KEY).await.0), (503, 503));
    let mut stream = Following::begin(&server, CLIENT_KEY).await;
    assert_eq!(server.put("BANNER", r#"{"value": "lost"}"#).await.0, 503);
    database.start();
    stream.until("BANNER", "Welcome").await;
    server.ready().await;
}
