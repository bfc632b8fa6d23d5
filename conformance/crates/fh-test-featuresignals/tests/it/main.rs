//! Tests of the server over real sockets, against recorded answers of FeatureSignals' server.

mod answers;
mod data;
mod exchange;
