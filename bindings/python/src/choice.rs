//! Words that a program chooses.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Returns what a word stands for.
///
/// # Errors
/// A `TypeError` for an object that is no text, and a `ValueError` that names the words for another text.
pub(crate) fn choice<T: Copy>(value: &Bound<'_, PyAny>, choices: &[(&str, T)]) -> PyResult<T> {
    let given: String = value.extract()?;
    match choices.iter().find(|(name, _)| *name == given) {
        Some((_, choice)) => Ok(*choice),
        None => {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
            let names = names.join(" or ");
            Err(PyValueError::new_err(format!("the value is unknown: write {names}")))
        }
    }
}
