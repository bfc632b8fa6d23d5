//! Attributes of contexts from Python values.

use fh_client::System;
use fh_eval::{AttributeText, Attributes, AttributesBuilder};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PyMapping, PySet, PyString, PyTuple,
    PyType,
};

use crate::key::Text;
use crate::number;

/// Returns the attribute that rules read in place of a name that a program may give as a keyword by mistake.
fn meant(name: &str, system: System) -> Option<&'static str> {
    match (name, system) {
        ("user_key", System::FeatureHub)
        | ("userkey", System::FeatBit | System::FeatureSignals) => Some(system.user_key()),
        ("session_key", System::FeatureHub) => Some("session"),
        _ => None,
    }
}

/// Returns attributes for flags of this system from a mapping and from keywords. A keyword replaces the attribute of the mapping with the same
/// name.
pub(crate) fn read(
    mapping: Option<&Bound<'_, PyAny>>,
    keywords: Option<&Bound<'_, PyDict>>,
    system: System,
) -> PyResult<Attributes> {
    let mut builder = Attributes::builder();
    if let Some(mapping) = mapping {
        builder = add_mapping(builder, mapping, system)?;
        if let Some(keywords) = keywords {
            return replace(builder, keywords, system);
        }
    }
    if let Some(keywords) = keywords {
        for (name, value) in keywords.iter() {
            builder = add(builder, keyword(&name.extract()?, system)?, &value, system)?;
        }
    }
    Ok(builder.build())
}

/// Returns the attributes with those of the keywords in place of attributes with the same names.
pub(crate) fn replace(
    mut builder: AttributesBuilder,
    keywords: &Bound<'_, PyDict>,
    system: System,
) -> PyResult<Attributes> {
    for (name, value) in keywords.iter() {
        let name: Text<'_> = name.extract()?;
        let name = keyword(&name, system)?;
        builder = add(builder.remove(name), name, &value, system)?;
    }
    Ok(builder.build())
}

/// Returns the attribute that a keyword names.
fn keyword<'a>(name: &'a Text<'_>, system: System) -> PyResult<&'a str> {
    let name = name.as_str();
    if let Some(right) = meant(name, system) {
        return Err(PyTypeError::new_err(format!(
            "the attribute is called {right:?}: no rule would read {name:?}"
        )));
    }
    // The own names of FeatBit and FeatureSignals are not in the style of Python, or name no user.
    Ok(if name == "user_key" { system.user_key() } else { name })
}

fn add_mapping(
    mut builder: AttributesBuilder,
    mapping: &Bound<'_, PyAny>,
    system: System,
) -> PyResult<AttributesBuilder> {
    if let Ok(dict) = mapping.cast::<PyDict>() {
        for (name, value) in dict.iter() {
            builder = add(builder, name.extract::<Text<'_>>()?.as_str(), &value, system)?;
        }
        return Ok(builder);
    }
    for item in mapping.cast::<PyMapping>()?.items()?.iter() {
        let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        builder = add(builder, name.extract::<Text<'_>>()?.as_str(), &value, system)?;
    }
    Ok(builder)
}

/// Adds an attribute in the form that rules of this system read. `None` and an empty list leave the attribute out.
fn add(
    mut builder: AttributesBuilder,
    name: &str,
    value: &Bound<'_, PyAny>,
    system: System,
) -> PyResult<AttributesBuilder> {
    system.add_attribute(&mut builder, name, &texts_of(name, value)?);
    Ok(builder)
}

/// The texts of an attribute's value.
pub(crate) enum Texts<'a> {
    One(Text<'a>),
    /// The text of a value that is no `str`.
    Written(String),
    Many(Vec<String>),
}

impl AttributeText for Texts<'_> {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        match self {
            Self::One(text) => add(text.as_str()),
            Self::Written(text) => add(text),
            Self::Many(texts) => texts.each(add),
        }
    }
}

/// Returns the texts of a value: of a single one, of a list, of a tuple or of a set. `None` has no texts.
pub(crate) fn texts_of<'a>(name: &str, value: &'a Bound<'_, PyAny>) -> PyResult<Texts<'a>> {
    // The type is checked first, because an extraction that fails costs an exception.
    if value.is_instance_of::<PyString>() {
        return Ok(Texts::One(value.extract()?));
    }
    if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() {
        return Ok(Texts::Written(single(name, value)?));
    }
    if value.is_none() {
        return Ok(Texts::Many(Vec::new()));
    }
    if let Ok(list) = value.cast::<PyList>() {
        return Ok(Texts::Many(texts(name, list.iter())?));
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return Ok(Texts::Many(texts(name, tuple.iter())?));
    }
    if value.is_instance_of::<PySet>() || value.is_instance_of::<PyFrozenSet>() {
        let items: PyResult<Vec<Bound<'_, PyAny>>> = value.try_iter()?.collect();
        let mut found = texts(name, items?.into_iter())?;
        // The order of a set differs from process to process.
        found.sort_unstable();
        return Ok(Texts::Many(found));
    }
    Ok(Texts::Written(single(name, value)?))
}

fn texts<'py>(
    name: &str,
    values: impl Iterator<Item = Bound<'py, PyAny>>,
) -> PyResult<Vec<String>> {
    values.map(|value| single(name, &value)).collect()
}

/// Returns the text of one value.
fn single(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    if value.is_instance_of::<PyString>() {
        return Ok(value.extract::<Text<'_>>()?.as_str().to_string());
    }
    // `bool` is a subclass of `int`.
    if let Ok(value) = value.cast::<PyBool>() {
        return Ok(value.is_true().to_string());
    }
    if value.is_instance_of::<PyInt>() {
        return match value.extract::<i64>() {
            Ok(small) => Ok(small.to_string()),
            Err(_) => number::digits(value),
        };
    }
    if value.is_instance_of::<PyFloat>() {
        let double: f64 = value.extract()?;
        return if double.is_finite() { Ok(double.to_string()) } else { Err(not_finite(name)) };
    }
    other(name, value)
}

/// Returns the text of a member of an enumeration, of a `Decimal` or of a NumPy scalar.
fn other(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = value.py();
    static ENUM: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    if value.is_instance(ENUM.import(py, "enum", "Enum")?)? {
        return single(name, &value.getattr("value")?);
    }
    // A module that is not loaded has no instances. Importing it here would slow the first context down.
    if is_instance(value, "decimal", "Decimal")? {
        let is_finite: bool = value.call_method0("is_finite")?.extract()?;
        return if is_finite { value.str()?.extract() } else { Err(not_finite(name)) };
    }
    if is_instance(value, "numpy", "generic")? {
        let item = value.call_method0("item")?;
        if !item.is(value) && !is_instance(&item, "numpy", "generic")? {
            return single(name, &item);
        }
    }
    let kind = value.get_type().qualname()?;
    Err(PyTypeError::new_err(format!(
        "the attribute {name:?} has a value of the type {kind}: values are texts, numbers, booleans, and lists of them"
    )))
}

/// Returns true if a module is loaded and the value is an instance of its class.
pub(crate) fn is_instance(value: &Bound<'_, PyAny>, module: &str, class: &str) -> PyResult<bool> {
    let modules = value.py().import("sys")?.getattr("modules")?.cast_into::<PyDict>()?;
    match modules.get_item(module)? {
        Some(module) => value.is_instance(&module.getattr(class)?),
        None => Ok(false),
    }
}

fn not_finite(name: &str) -> PyErr {
    PyValueError::new_err(format!("the attribute {name:?} has a value that is not finite"))
}

/// Returns the attributes as a `dict` of names and tuples of texts.
pub(crate) fn to_dict<'py>(
    py: Python<'py>,
    attributes: &Attributes,
) -> PyResult<Bound<'py, PyDict>> {
    let all = PyDict::new(py);
    for (name, values) in attributes.iter() {
        let values: Vec<Bound<'py, PyString>> =
            values.map(|value| PyString::new(py, value)).collect();
        all.set_item(name, PyTuple::new(py, values)?)?;
    }
    Ok(all)
}
