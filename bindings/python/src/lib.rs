//! The native module `fh_client._native`, on which the Python package `fh_client` is built.

mod attributes;
mod client;
mod context;
mod detail;
mod duration;
mod errors;
mod events;
mod exit;
mod explanation;
mod feature;
mod json;
mod key;
mod listeners;
mod names;
mod number;
mod reads;
mod settings;
mod snapshot;
mod status;
mod test_updates;
mod value;
mod waiting;

use pyo3::pymodule;

/// The native part of the package `fh_client`.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::client::Client;
    #[pymodule_export]
    use crate::context::Context;
    #[pymodule_export]
    use crate::detail::Detail;
    #[pymodule_export]
    use crate::events::{Change, NewState, Notice, RawUpdate, ReadinessChange};
    #[pymodule_export]
    use crate::exit::end_all;
    #[pymodule_export]
    use crate::explanation::Explanation;
    #[pymodule_export]
    use crate::feature::Feature;
    #[pymodule_export]
    use crate::listeners::Subscription;
    #[pymodule_export]
    use crate::names::well_known;
    #[pymodule_export]
    use crate::settings::{Backoff, Limits};
    #[pymodule_export]
    use crate::snapshot::Snapshot;
    #[pymodule_export]
    use crate::status::Status;
    #[pymodule_export]
    use crate::test_updates::TestUpdates;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "the name of the version in Python packages")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
