//! The server for FeatureSignals' evaluation API, against recorded answers of FeatureSignals' server.

mod answers;
mod conversation;
mod data;
mod exchange;
mod faults;
mod handlers;
mod program;
mod step;
mod streams;
