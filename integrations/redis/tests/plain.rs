//! What is the process's own: a process of its own.
#![cfg(feature = "rustls")]
#![allow(clippy::unwrap_used)]

use fh_client::Client;
use fh_redis::RedisStore;
use rustls::crypto::CryptoProvider;

/// Programs choose their cryptography themselves, and many end when somebody else has.
#[test]
fn without_tls_no_cryptography_is_installed() {
    let client = Client::offline().start().unwrap();
    let plain = RedisStore::builder("redis://127.0.0.1:1").attach(&client).unwrap();
    assert!(CryptoProvider::get_default().is_none());
    drop(plain);
    let _secure = RedisStore::builder("rediss://127.0.0.1:1").attach(&client).unwrap();
    assert!(CryptoProvider::get_default().is_some());
}
