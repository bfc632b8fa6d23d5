//! The native part of the package `FeatureHub` for Swift.
//!
//! UniFFI generates the Swift code that calls this library. The objects and functions with the attributes of UniFFI are all that Swift sees:
//! clients, contexts and their typed reads, operations with requests in JSON, functions of the program, HTTP and log records.
#![allow(unsafe_code, reason = "the code that UniFFI generates passes pointers")]

mod bytes;
mod client;
mod context;
mod exchange;
mod failure;
mod function;
mod job;
mod logs;
mod object;
mod operation;
mod panics;
mod reads;

uniffi::setup_scaffolding!();
