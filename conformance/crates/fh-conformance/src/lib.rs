//! A conformance suite for evaluators of FeatureHub features. It consists of cases as data, an interface for evaluators under test
//! ([`target::Target`]), and a self-test that proves that the cases find bugs ([`self_test`]).
#![forbid(unsafe_code)]

pub mod adapter;
pub mod adapter_check;
pub mod agreement;
pub mod baseline;
pub mod case;
pub mod clock;
pub mod commands;
pub mod compare;
mod curl;
pub mod data;
pub mod deadline;
pub mod decimal;
pub mod differences;
pub mod generated;
pub mod pages;
mod parallel;
pub mod protocol;
pub mod recording;
pub mod report;
pub mod run;
pub mod rust_adapter;
pub mod sdk;
pub mod self_test;
pub mod served_value;
pub mod server;
pub mod shrink;
pub mod systems;
pub mod target;
pub mod tier;

pub use fh_test::json;
