//! Published SDKs against our Edge over real sockets: GET and streams, keys of both kinds. `cargo xtask test` installs them and runs
//! these (part "published SDKs"); a plain `cargo test` has nothing to run them with.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod javascript;
mod ofrep;
mod python;
mod stage;
