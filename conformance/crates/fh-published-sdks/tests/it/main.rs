//! Published SDKs against our Edge over real sockets: GET and streams, keys of both kinds. `cargo xtask test` installs them and runs
//! these (part "published SDKs"); a plain `cargo test` has nothing to run them with.

mod javascript;
mod ofrep;
mod python;
mod stage;
