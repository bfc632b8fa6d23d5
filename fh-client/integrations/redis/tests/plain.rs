//! A test of process-wide state, which therefore has a process of its own.
#![cfg(feature = "rustls")]
#![allow(clippy::unwrap_used)]

use fh_client::Client;
use fh_redis::RedisStore;
use rustls::crypto::CryptoProvider;

/// Programs install their own cryptography provider, and many end if another one is installed already.
#[test]
fn without_tls_no_cryptography_is_installed() {
    let client = Client::offline().start().unwrap();
    let plain = RedisStore::builder("redis://127.0.0.1:1").attach(&client).unwrap();
    assert!(CryptoProvider::get_default().is_none());
    drop(plain);
    let _secure = RedisStore::builder("rediss://127.0.0.1:1").attach(&client).unwrap();
    assert!(CryptoProvider::get_default().is_some());
}
