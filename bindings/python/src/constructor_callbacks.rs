//! The keyword arguments of the constructor that are functions: listeners, interceptors and observers.

use fh_binding::callbacks::Listener;
use fh_client::{ClientBuilder, System};
use pyo3::prelude::*;

use crate::function::{ConstructorCallbacks, Function};
use crate::key::Text;
use crate::keywords::unknown;
use crate::{interceptors, listeners, mapping, observers};

/// Adds the functions of one keyword argument to the builder. The functions last as long as the client.
pub(crate) fn add(
    builder: ClientBuilder,
    name: &str,
    value: &Bound<'_, PyAny>,
    callbacks: &ConstructorCallbacks,
) -> PyResult<ClientBuilder> {
    match name {
        "interceptors" => interceptors::add(builder, value, callbacks),
        "observers" => observers::add(builder, value, callbacks),
        "on_change" => changes(builder, value, callbacks),
        _ => {
            let listener =
                Listener::of_setting(name).ok_or_else(|| unknown(name, System::FeatureHub))?;
            listen(builder, listener, value, callbacks)
        }
    }
}

fn listen(
    builder: ClientBuilder,
    listener: Listener,
    function: &Bound<'_, PyAny>,
    callbacks: &ConstructorCallbacks,
) -> PyResult<ClientBuilder> {
    let on_loop = listeners::listener(function)?;
    let function = Function::new(on_loop.as_ref().unwrap_or(function));
    Ok(callbacks.add_listener(builder, listener, function))
}

/// Adds the listeners for changes, which are a mapping of keys to functions.
fn changes(
    mut builder: ClientBuilder,
    value: &Bound<'_, PyAny>,
    callbacks: &ConstructorCallbacks,
) -> PyResult<ClientBuilder> {
    for item in mapping::items(value)?.iter() {
        let (key, function): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        let listener = Listener::Changes(key.extract::<Text<'_>>()?.as_str().into(), None);
        builder = listen(builder, listener, &function, callbacks)?;
    }
    Ok(builder)
}
