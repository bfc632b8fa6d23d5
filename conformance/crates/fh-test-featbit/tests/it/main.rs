//! Tests of the test server, over real sockets.

mod client;
mod faults;
mod http;
mod sockets;
mod tokens;
mod transcript;
