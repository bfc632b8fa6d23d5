//! The native module `fh_client._native`, on which the Python package `fh_client` is built.

mod attributes;
mod binding_floor;
mod choice;
mod client;
mod clock;
mod columns;
mod constructor_callbacks;
mod context;
mod context_pool;
mod detail;
mod dialect;
mod documents;
mod duration;
mod errors;
mod events;
mod exit;
mod explanation;
mod feature;
mod fork;
mod function;
mod given_attributes;
mod instant;
mod interceptors;
mod interpreter;
mod json;
mod key;
mod keywords;
mod listeners;
mod logs;
mod mapping;
mod memory_edge;
mod missing_feature;
mod names;
mod number;
mod observers;
mod on_loop;
mod overrides;
mod pending;

mod reads;
mod ruleset;
mod setting_classes;
mod setting_forms;
mod settings;
mod snapshot;
mod status;
mod status_change;

mod test_updates;
mod usage;
mod value;
mod waiting;
mod workers;

use pyo3::pymodule;

/// The native part of the package `fh_client`.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::binding_floor::BindingFloor;
    #[pymodule_export]
    use crate::client::Client;
    #[pymodule_export]
    use crate::clock::Clock;
    #[pymodule_export]
    use crate::columns::{Column, Columns};
    #[pymodule_export]
    use crate::context::Context;
    #[pymodule_export]
    use crate::context_pool::{ContextPool, pooled};
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
    use crate::interceptors::{Continue, InterceptedRead};
    #[pymodule_export]
    use crate::keywords::keyword_names;
    #[pymodule_export]
    use crate::listeners::Subscription;
    #[pymodule_export]
    use crate::logs::set_log_level;
    #[pymodule_export]
    use crate::memory_edge::{MemoryEdge, SeenRequest, delivered};
    #[pymodule_export]
    use crate::names::well_known;
    #[pymodule_export]
    use crate::overrides::{EnvironmentOverrides, YamlOverrides, YamlStore};
    #[pymodule_export]
    use crate::pending::{
        LoopSignal, Pending, Slot, close, flush, refresh, set_api_keys, set_context, set_headers,
        timed_out, update, update_and_wait, wait_ready,
    };
    #[pymodule_export]
    use crate::ruleset::{Evaluation, RuleExplanation, Ruleset};
    #[pymodule_export]
    use crate::setting_classes::{Backoff, Limits};
    #[pymodule_export]
    use crate::snapshot::Snapshot;
    #[pymodule_export]
    use crate::status::Status;
    #[pymodule_export]
    use crate::status_change::StatusChange;
    #[pymodule_export]
    use crate::test_updates::TestUpdates;
    #[pymodule_export]
    use crate::usage::{UsageEvent, UsedFeature};

    #[pymodule_export]
    use crate::workers::{CallInProgress, Calls};

    #[pymodule_init]
    fn init(module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        crate::interpreter::claim(module.py())?;
        crate::client::install_context_call(module.py())?;
        Ok(crate::fork::count_forks()?)
    }

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "the name of the version in Python packages")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
