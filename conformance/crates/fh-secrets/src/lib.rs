//! Secrets planted in every public type of the client, the Edge and the integrations. The tests show each type with `Debug` and
//! `Display`, and each error and log line of a start that fails, and look for the secrets.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
