//! The keyword arguments of the constructor that are functions: listeners, interceptors and observers.

use fh_client::ClientBuilder;
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::handlers::Handlers;
use crate::key::Text;
use crate::setting_forms::unknown;
use crate::{interceptors, observers};

/// Returns true if the keyword argument with this name holds functions.
pub(crate) fn are_in(name: &str) -> bool {
    name.starts_with("on_") || name == "interceptors" || name == "observers"
}

/// Adds the functions of one keyword argument to the builder. The functions last as long as the client.
pub(crate) fn add(
    builder: ClientBuilder,
    name: &str,
    value: &Bound<'_, PyAny>,
    handlers: &Handlers,
) -> PyResult<ClientBuilder> {
    Ok(match name {
        "interceptors" => interceptors::add(builder, value, handlers)?,
        "observers" => observers::add(builder, value, handlers)?,
        "on_change" => changes(builder, value, handlers)?,
        "on_readiness" => {
            let call = handlers.keep_listener(value)?;
            builder.on_readiness(move |change| call.readiness(change))
        }
        "on_status" => {
            let call = handlers.keep_listener(value)?;
            builder.on_status(move |status| call.status(status))
        }
        "on_new_state" => {
            let call = handlers.keep_listener(value)?;
            builder.on_new_state(move |state| call.new_state(state))
        }
        "on_raw" => {
            let call = handlers.keep_listener(value)?;
            builder.on_raw(move |update| call.raw(update))
        }
        "on_notice" => {
            let call = handlers.keep_listener(value)?;
            builder.on_notice(move |notice| call.notice(notice))
        }
        _ => return Err(unknown(name)),
    })
}

/// Adds the listeners for changes, which are a mapping of keys to functions.
fn changes(
    mut builder: ClientBuilder,
    value: &Bound<'_, PyAny>,
    handlers: &Handlers,
) -> PyResult<ClientBuilder> {
    for item in value.cast::<PyMapping>()?.items()?.iter() {
        let (key, function): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        let key = key.extract::<Text<'_>>()?.as_str().to_string();
        let call = handlers.keep_listener(&function)?;
        builder = builder.on_change(key, move |change| call.change(change));
    }
    Ok(builder)
}
