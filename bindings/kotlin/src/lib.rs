//! The native part of the package `fh.client` for Kotlin and Java.
//!
//! Each function of this library that Java calls is in `natives`. It converts its arguments, calls the client, and converts the answer. A
//! panic and an error become exceptions of Java. `env` contains all calls of the Java Native Interface.
#![allow(unsafe_code, reason = "the Java Native Interface passes pointers")]

mod classes;
mod client;
mod contexts;
mod env;
mod exchanges;
mod functions;
mod handles;
mod java_attributes;
mod jobs;
mod logs;
mod natives;
mod numbered;
mod objects;
mod tasks;
mod unloading;
