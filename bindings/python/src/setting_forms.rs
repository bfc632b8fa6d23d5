//! The forms of the values of keyword arguments, which errors show.

use fh_binding::language::Language;
use fh_binding::settings::SETTINGS;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;

/// Returns the form of the value of an argument, such as `True or False`.
fn form(name: &str) -> Option<String> {
    Some(match name {
        "clock" => "fh_client.Clock(...)".to_string(),
        "interceptors" => {
            "a list of interceptors, or of pairs of an interceptor and its locks".to_string()
        }
        "observers" => {
            "a list of observers, or of pairs of an observer and its options".to_string()
        }
        "on_change" => "a mapping of feature keys to functions with one argument".to_string(),
        _ if name.starts_with("on_") => "a function with one argument".to_string(),
        _ => SETTINGS.iter().find(|setting| setting.name == name)?.form.words(Language::Python),
    })
}

/// Names the argument in an error of its value, and adds the form of the value. The value is not shown, because it may be a secret.
pub(crate) fn named(py: Python<'_>, name: &str, error: PyErr) -> PyErr {
    let mut message = format!("{name}: {}", error.value(py));
    if let Some(form) = form(name).filter(|_| !message.contains(": write ")) {
        message.push_str(": write ");
        message.push_str(&form);
    }
    if error.is_instance_of::<PyTypeError>(py) {
        PyTypeError::new_err(message)
    } else if error.is_instance_of::<PyValueError>(py)
        || error.is_instance_of::<PyOverflowError>(py)
    {
        PyValueError::new_err(message)
    } else {
        error
    }
}
