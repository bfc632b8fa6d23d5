//! Values of settings and methods that a program gives in several forms: JSON documents, headers and PEM texts.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::{json, mapping};

/// Returns the names and values of headers from a mapping.
pub(crate) fn headers(value: &Bound<'_, PyAny>) -> PyResult<Vec<(String, String)>> {
    mapping::items(value)?.iter().map(|item| item.extract()).collect()
}

/// Returns the JSON document that a program gives as `bytes`, as `str`, or parsed.
pub(crate) fn document(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>() {
        return text_or_bytes(value);
    }
    Ok(json::text_of(value)?.into_bytes())
}

/// Returns the bytes of a text that a program gives as `bytes` or as `str`.
pub(crate) fn text_or_bytes(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    match value.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes().to_vec()),
        Err(_) => Ok(value.extract::<String>()?.into_bytes()),
    }
}
