//! Tests that no secret is shown. They put secrets into every public type of the client, the Edge and the integrations. Then they search
//! for the secrets in the `Debug` and `Display` texts of each type, in errors, and in log lines of starts that fail.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
