//! The forms of the values of keyword arguments, which errors show.

use fh_binding::language::Language;
use fh_binding::settings::SETTINGS;
use fh_files::closest;
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

/// Returns the error for a keyword argument that does not exist.
pub(crate) fn unknown(name: &str) -> PyErr {
    let lacking = SETTINGS.iter().find(|setting| setting.name == name);
    if let Some(why) = lacking.and_then(|setting| setting.languages.lack(Language::Python)) {
        return PyTypeError::new_err(format!("Python has no such setting, because {why}"));
    }
    let keywords = SETTINGS.iter().skip(2);
    let keywords = keywords.filter(|setting| setting.languages.lack(Language::Python).is_none());
    let advice = match closest(name, keywords.map(|setting| setting.name)) {
        Some(similar) => format!("write {similar}"),
        None => "`help(fh_client.Client)` lists the settings".to_string(),
    };
    PyTypeError::new_err(format!("there is no such setting: {advice}"))
}
