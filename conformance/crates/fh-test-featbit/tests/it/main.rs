//! Tests of the test server, over real sockets.

mod client;
mod faults;
mod http;
mod program;
mod sockets;
mod tokens;
mod transcript;
