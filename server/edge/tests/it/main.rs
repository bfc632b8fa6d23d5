//! Tests of an Edge on a real socket, with the client of this project and with handwritten requests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access_log;
mod addresses;
mod admin;
mod audit_rate;
mod budget;
mod compressed;
mod doors;
mod forms;
mod hang_ups;
mod http;
mod kept;
mod life;
mod metrics;
mod ofrep;
mod polls;
mod readiness;
mod request_bodies;
mod request_memory;
mod router;
mod routes;
mod shop;
mod slashes;
mod state_file;
mod strategy_ids;
