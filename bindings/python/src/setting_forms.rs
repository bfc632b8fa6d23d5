//! The forms of the values of keyword arguments, which errors show.

use fh_files::closest;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;

const DURATION: &str = "seconds as a number from 0, or a timedelta";
const FLAG: &str = "True or False";
const FUNCTION: &str = "a function with one argument";
const PEM: &str = "a PEM text as str or bytes";

/// The arguments of the constructor, with the forms of their values.
const FORMS: [(&str, &str); 36] = [
    ("url", "a str such as \"https://edge.example\""),
    ("api_keys", "each key as a str such as \"ENVIRONMENT/KEY\""),
    ("mode", "\"streaming\", \"polling\", \"passive\" or \"once\""),
    ("interval", DURATION),
    ("context", "a mapping of attributes, such as {\"userkey\": \"mara\"}"),
    ("bootstrap", "JSON as str or bytes, or its dict or list"),
    ("snapshot_file", "a path"),
    ("snapshot_max_age", DURATION),
    ("headers", "a mapping of names to values, such as {\"x-team\": \"shop\"}"),
    ("identification", "a str"),
    ("profile", "\"client\" or \"edge\""),
    ("context_placement", "\"header\" or \"query\""),
    ("while_switching", "\"hide\" or \"keep\""),
    ("backoff", "fh_client.Backoff(initial, cap)"),
    ("backoff_when_refused", "fh_client.Backoff(initial, cap)"),
    ("return_within", "two durations, the shorter one first, such as (0.1, 1)"),
    ("healthy_after", DURATION),
    ("stream_again_after", DURATION),
    ("pace", DURATION),
    ("limits", "fh_client.Limits(...)"),
    ("clock", "fh_client.Clock(...)"),
    ("event_queue", "a whole number from 0"),
    ("interceptors", "a list of interceptors, or of pairs of an interceptor and its locks"),
    ("observers", "a list of observers, or of pairs of an observer and its options"),
    ("on_readiness", FUNCTION),
    ("on_status", FUNCTION),
    ("on_notice", FUNCTION),
    ("on_raw", FUNCTION),
    ("on_new_state", FUNCTION),
    ("on_change", "a mapping of feature keys to functions with one argument"),
    ("catch_updates", FLAG),
    ("listeners", FLAG),
    ("ca_certificate", PEM),
    ("client_certificate", PEM),
    ("proxy", "a str such as \"http://proxy.example:3128\", or False for no proxy"),
    ("http1_only", FLAG),
];

/// Names the argument in an error of its value, and adds the form of the value. The value is not shown, because it may be a secret.
pub(crate) fn named(py: Python<'_>, name: &str, error: PyErr) -> PyErr {
    let mut message = format!("{name}: {}", error.value(py));
    let form = FORMS.iter().find(|(known, _)| *known == name);
    if let Some((_, form)) = form.filter(|_| !message.contains(": write ")) {
        message.push_str(": write ");
        message.push_str(form);
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
    let similar = closest(name, FORMS.iter().skip(2).map(|(known, _)| *known).chain(["start"]));
    let advice = match similar {
        Some(similar) => format!("write {similar}"),
        None => "`help(fh_client.Client)` lists the settings".to_string(),
    };
    PyTypeError::new_err(format!("there is no such setting: {advice}"))
}
