//! Runs published SDKs, from their registries and unchanged, as processes that a test drives by lines of JSON.

#![forbid(unsafe_code)]

mod subject;

pub use subject::{Subject, SubjectError, node, python, run_node};
