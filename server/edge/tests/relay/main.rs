//! Tests of a relay on real sockets. The upstream Edge is one of this project, or a fake one whose behaviour the tests choose.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod any_key;
mod contexts;
mod figures;
mod held_back;
#[path = "../it/http.rs"]
mod http;
mod keys;
mod passing_on;
mod puts;
mod revocation;
#[allow(dead_code)]
#[path = "../it/router.rs"]
mod router;
mod secrets;
// Other tests use the rest of it.
#[allow(dead_code)]
#[path = "../it/shop.rs"]
mod shop;
mod start;
mod stream;
mod support;
mod tls;
mod trouble;
