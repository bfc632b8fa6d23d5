//! The fake Edge.

mod connections;
mod event_stream;
mod faults;
mod healthy;
mod scripts;
