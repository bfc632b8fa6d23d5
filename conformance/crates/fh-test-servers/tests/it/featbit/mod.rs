//! The server for FeatBit's protocol.

mod client;
mod faults;
mod http;
mod program;
mod sockets;
mod tokens;
mod transcript;
