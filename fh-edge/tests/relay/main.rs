//! A relay on real sockets: upstream is an Edge of this project, or one that misbehaves as it is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod any_key;
mod contexts;
mod figures;
#[path = "../it/http.rs"]
mod http;
mod keys;
mod passing_on;
mod puts;
mod revocation;
mod secrets;
// Some of it is for others.
#[allow(dead_code)]
#[path = "../it/shop.rs"]
mod shop;
mod start;
mod stream;
mod support;
mod tls;
mod trouble;
