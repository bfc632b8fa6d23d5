//! `rediss://`: authorities of the program, certificates that must be refused, and servers that request a certificate.

use std::io::Read;
use std::net::TcpListener;
use std::time::Duration;

use fh_client::Client;
use fh_redis::{RedisStore, RedisStoreBuilder, StoreError};
use fh_test::Log;
use fh_test::certificates::Authority;
use fh_test::wait::{PATIENCE, wait_until};

use crate::rig::{KEY, Rig, feature, write};
use crate::server::Server;

const PASSWORD: &str = "hunter2-of-the-store";

/// Returns a URL with the password, one character of which is percent-encoded.
fn url(host: &str, port: u16) -> String {
    format!("rediss://:hunter2%2Dof-the-store@{host}:{port}")
}

fn server(
    shown: &fh_test::certificates::Certificate,
    asks_for: Option<&Authority>,
) -> (Server, u16) {
    let (server, port) = Server::start_tls(shown, asks_for, &[]);
    write(&server, &[feature("a", 1)]);
    // The password is set last, because the test's own connections use none.
    redis::cmd("CONFIG")
        .arg(&["SET", "requirepass", PASSWORD])
        .exec(&mut server.connection())
        .unwrap();
    (server, port)
}

fn quick(builder: RedisStoreBuilder) -> RedisStoreBuilder {
    builder.backoff(Duration::from_millis(5))
}

/// Checks that features are read and written over TLS.
fn works(rig: &Rig) {
    rig.settle();
    assert_eq!(&*rig.client.string_or("a", ""), "a1", "{:?}", rig.store);
    rig.list(&[feature("a", 2)]);
    let status = rig.status();
    assert_eq!((status.connections, status.writes, status.given_up), (1, 1, 0), "{status:?}");
}

#[test]
fn an_own_authority_is_trusted() {
    let authority = Authority::new("ours");
    let (server, port) = server(&authority.issue("localhost", -1..1), None);
    works(&Rig::to(server, url("localhost", port), |builder| {
        // Some editors write a byte order mark before the text.
        builder.ca_certificate(format!("\u{feff}{}", authority.pem()))
    }));
}

#[test]
fn a_server_may_ask_for_a_certificate() {
    let authority = Authority::new("ours");
    let (server, port) = server(&authority.issue("localhost", -1..1), Some(&authority));
    let own = authority.issue("store.example", -1..1);
    let identity = format!("{}{}", own.pem(), own.key_pem());
    let rig = Rig::to(server, url("localhost", port), |builder| {
        builder.ca_certificate(authority.pem()).client_certificate(identity)
    });
    works(&rig);
    // A store without a certificate reports that one is required.
    let client = Client::offline().api_key(KEY).start().unwrap();
    let bare = quick(RedisStore::builder(url("localhost", port)).ca_certificate(authority.pem()));
    let bare = bare.attach(&client).unwrap();
    wait_until("a refusal", || bare.status().last_error.is_some());
    let said = bare.status().last_error.unwrap();
    assert!(said.contains("CertificateRequired"), "{said}");
    assert!(!bare.status().is_connected);
}

/// Checks that a certificate is refused: there is no connection, no feature is read, and the reason is reported without the password.
fn refused(host: &str, good: std::ops::Range<i64>, trusted: Option<&Authority>, why: &str) {
    let log = Log::capture();
    let authority = Authority::new("ours");
    let (server, port) = server(&authority.issue(host, good), None);
    let trusted = trusted.unwrap_or(&authority).pem();
    let rig =
        Rig::to(server, url("localhost", port), |builder| quick(builder).ca_certificate(trusted));
    wait_until("a refusal", || rig.status().last_error.is_some());
    let status = rig.status();
    let said = status.last_error.clone().unwrap();
    assert!(said.starts_with("no connection to Redis: ") && said.contains(why), "{said}");
    assert_eq!((status.is_connected, status.connections, status.reloads), (false, 0, 0));
    assert!(!rig.client.exists("a"));
    let all = format!("{said} {:?} {}", rig.store, log.text());
    assert!(all.contains(why) && !all.contains("hunter2"), "{all}");
}

#[test]
fn an_unknown_authority_is_not_trusted() {
    refused("localhost", -1..1, Some(&Authority::new("another")), "UnknownIssuer");
}

#[test]
fn an_authority_of_the_same_name_is_not_trusted() {
    refused("localhost", -1..1, Some(&Authority::new("ours")), "invalid peer certificate");
}

#[test]
fn an_expired_certificate_is_refused() {
    refused("localhost", -2..-1, None, "expired");
}

#[test]
fn a_certificate_of_another_host_is_refused() {
    refused("elsewhere.example", -1..1, None, "not valid for");
}

#[test]
fn the_systems_authorities_do_not_vouch_for_our_certificate() {
    let authority = Authority::new("ours");
    let (server, port) = server(&authority.issue("localhost", -1..1), None);
    let rig = Rig::to(server, url("localhost", port), quick);
    wait_until("a refusal", || rig.status().last_error.is_some());
    assert!(!rig.status().is_connected && !rig.client.exists("a"));
}

#[test]
fn a_server_without_tls_is_refused() {
    let plain = Server::start_node();
    let address = plain.url().replace("redis://", "rediss://");
    let rig = Rig::to(plain, address, |builder| {
        quick(builder).ca_certificate(Authority::new("ours").pem())
    });
    wait_until("a refusal", || rig.status().last_error.is_some());
    let said = rig.status().last_error.unwrap();
    assert!(said.starts_with("no connection to Redis: "), "{said}");
    assert!(!rig.status().is_connected);
}

#[test]
fn an_unanswered_handshake_times_out() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let client = Client::offline().api_key(KEY).start().unwrap();
    let store = quick(RedisStore::builder(url("localhost", port)))
        .ca_certificate(Authority::new("ours").pem())
        .timeout(Duration::from_secs(1))
        .attach(&client)
        .unwrap();
    // The store begins a handshake, gives up after the timeout, and connects again.
    for _ in 0..2 {
        let (mut socket, _) = silent.accept().unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        assert_eq!(socket.read(&mut [0]).unwrap(), 1);
        while !matches!(socket.read(&mut [0; 4096]), Ok(0)) {}
    }
    assert!(!store.status().is_connected);
}

#[test]
fn what_cannot_be_used_is_an_error_at_once() {
    let client = Client::offline().start().unwrap();
    let builder = || RedisStore::builder("rediss://:hunter2@localhost");
    let authority = Authority::new("ours");
    let text = |refused: Result<RedisStore, StoreError>| {
        let refused = refused.unwrap_err();
        let text = format!("{refused} {refused:?}");
        assert!(!text.contains("hunter2"), "{text}");
        text
    };
    let no_authority = builder().ca_certificate("hunter2").attach(&client);
    assert!(text(no_authority).contains("no certificate"));
    let no_key = builder().client_certificate(authority.pem()).attach(&client);
    assert!(text(no_key).contains("no private key"));
    let no_tls = RedisStore::builder("redis://:hunter2@localhost").ca_certificate(authority.pem());
    assert!(text(no_tls.attach(&client)).contains("rediss://"));
    let insecure = RedisStore::builder("rediss://:hunter2@localhost/#insecure").attach(&client);
    assert!(matches!(insecure, Err(StoreError::Insecure)));
    assert!(text(insecure).contains("#insecure"));
    let own = authority.issue("store.example", -1..1);
    let shown = builder().client_certificate(format!("{}{}", own.pem(), own.key_pem()));
    assert!(!format!("{shown:?}").contains("PRIVATE"));
}
