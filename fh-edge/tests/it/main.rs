//! An Edge on a real socket, asked by the client of this project and by hand.

mod http;
mod metrics;
mod ofrep;
mod serving;
mod shop;
