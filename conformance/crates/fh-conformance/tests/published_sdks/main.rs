//! Published SDKs, from their registries and unchanged, as clients of our Edge over real sockets. The adapters of `conformance/adapters`
//! run them. Each test is ignored in an ordinary `cargo test`, because the SDKs have to be installed first.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../../../../server/edge/tests/it/forms.rs"]
mod forms;
mod java;
mod javascript;
mod ofrep;
mod python;
mod sdk;
mod stage;
