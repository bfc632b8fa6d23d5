//! Attributes of contexts from Python values.

use fh_client::System;
use fh_eval::{AttributeText, Attributes, AttributesBuilder};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple, PyType, PyTzInfo,
};

use crate::key::Text;
use crate::{mapping, number};

/// The longest text of a number with an exponent. A `Decimal` of ten digits can have 100 million digits as a text.
const MOST_CHARACTERS: i64 = 65_536;

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

/// Returns true if a keyword is the name of the attribute that it gives.
pub(crate) fn is_name(keyword: &str, system: System) -> bool {
    meant(keyword, system).is_none() && (keyword != "user_key" || system.user_key() == keyword)
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
    let Some(mapping) = mapping::of(mapping)? else {
        return Err(PyTypeError::new_err(format!(
            "'{}' object is no mapping: write a mapping of attributes, such as {{\"{}\": \"mara\"}}",
            mapping.get_type().qualname()?,
            system.user_key()
        )));
    };
    for item in mapping.items()?.iter() {
        let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        builder = add(builder, name.extract::<Text<'_>>()?.as_str(), &value, system)?;
    }
    Ok(builder)
}

/// Adds an attribute in the form that rules of this system read. `None` leaves the attribute out, and so does an empty list for FeatureHub.
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
    Nothing,
    One(Text<'a>),
    /// The text of a value that is no `str`.
    Written(String),
    Many(Vec<String>),
}

impl AttributeText for Texts<'_> {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        match self {
            Self::Nothing => {}
            Self::One(text) => add(text.as_str()),
            Self::Written(text) => add(text),
            Self::Many(texts) => texts.each(add),
        }
    }

    fn is_list(&self) -> bool {
        matches!(self, Self::Many(_))
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
        return Ok(Texts::Nothing);
    }
    if let Ok(list) = value.cast::<PyList>() {
        return Ok(Texts::Many(texts(name, list.iter())?));
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        let mut many = texts(name, tuple.iter())?;
        let is_of_context = many.len() == 1 && tuple.get_type().is(class_of_texts(tuple.py())?);
        return Ok(match many.pop() {
            Some(only) if is_of_context => Texts::Written(only),
            last => Texts::Many(many.into_iter().chain(last).collect()),
        });
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

/// Returns the text of one value. A member of an enumeration and a NumPy scalar have that of their value.
fn single(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Some(text) = plain(name, value)? {
        return Ok(text);
    }
    static ENUM: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let inner = if value.get_type().is_subclass(ENUM.import(value.py(), "enum", "Enum")?)? {
        Some(value.getattr("value")?)
    } else if is_instance(value, "numpy", "generic")? {
        numpy_value(value)?
    } else {
        None
    };
    // The value of a member may be the member itself, so a value of a value is not looked for.
    if let Some(text) = inner.map_or(Ok(None), |inner| plain(name, &inner))? {
        return Ok(text);
    }
    let kind = value.get_type().qualname()?;
    Err(PyTypeError::new_err(format!(
        "the attribute {name:?} has a value of the type {kind}: write its text, as in str(value); values are texts, numbers, booleans, times, \
         UUIDs, and lists of them"
    )))
}

/// Returns the text of a `str`, a `bool`, a number, a time or a UUID, or `None` for another value.
fn plain(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if value.is_instance_of::<PyString>() {
        return Ok(Some(value.extract::<Text<'_>>()?.as_str().to_string()));
    }
    // `bool` is a subclass of `int`.
    if let Ok(value) = value.cast::<PyBool>() {
        return Ok(Some(value.is_true().to_string()));
    }
    if value.is_instance_of::<PyInt>() {
        return match value.extract::<i64>() {
            Ok(small) => Ok(Some(small.to_string())),
            Err(_) => number::digits(value).map(Some),
        };
    }
    if value.is_instance_of::<PyFloat>() {
        let double: f64 = value.extract()?;
        return if double.is_finite() {
            Ok(Some(double.to_string()))
        } else {
            Err(not_finite(name))
        };
    }
    if is_instance(value, "decimal", "Decimal")? {
        let is_finite: bool = value.call_method0("is_finite")?.extract()?;
        return if is_finite { Ok(Some(all_digits(name, value)?)) } else { Err(not_finite(name)) };
    }
    time_or_uuid(name, value)
}

/// Returns the text of a `decimal.Decimal` without an exponent, as in the other languages.
fn all_digits(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let exponent: i64 = value.call_method0("as_tuple")?.getattr("exponent")?.extract()?;
    if exponent.abs() > MOST_CHARACTERS {
        return Err(PyValueError::new_err(format!(
            "the text of the attribute {name:?} has more than {MOST_CHARACTERS} characters: no rule needs it"
        )));
    }
    value.call_method1("__format__", ("f",))?.extract()
}

/// Returns the text of a `datetime`, a `date` or a `UUID`, or `None` for another value. A time has milliseconds and the offset `Z`, as in the
/// other languages. A time without a zone is local, as everywhere in Python.
pub(crate) fn time_or_uuid(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if is_instance(value, "datetime", "datetime")? {
        let utc = PyTzInfo::utc(value.py())?;
        // The missing time of pandas is a `datetime`, too, and has no zone.
        let time = value.call_method1("astimezone", (utc,)).map_err(|why| {
            let why = why.value(value.py());
            PyValueError::new_err(format!("the attribute {name:?} has a wrong time: {why}"))
        })?;
        let text: String = time.call_method1("isoformat", ("T", "milliseconds"))?.extract()?;
        return Ok(Some(text.replace("+00:00", "Z")));
    }
    if is_instance(value, "datetime", "date")? {
        return value.call_method0("isoformat")?.extract().map(Some);
    }
    Ok(if is_instance(value, "uuid", "UUID")? { Some(value.str()?.extract()?) } else { None })
}

/// Returns the value of a NumPy scalar, or `None` if it is no value of Python. NumPy's times are those of UTC.
fn numpy_value<'py>(scalar: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    if is_instance(scalar, "numpy", "timedelta64")? {
        return Ok(None);
    }
    if !is_instance(scalar, "numpy", "datetime64")? {
        return scalar.call_method0("item").map(Some);
    }
    let mut time = scalar.call_method0("item")?;
    if time.is_instance_of::<PyInt>() {
        // Python has no nanoseconds.
        time = scalar.call_method1("astype", ("datetime64[us]",))?.call_method0("item")?;
    }
    if !is_instance(&time, "datetime", "datetime")? {
        return Ok(is_instance(&time, "datetime", "date")?.then_some(time));
    }
    let utc = PyDict::new(scalar.py());
    utc.set_item("tzinfo", PyTzInfo::utc(scalar.py())?)?;
    time.call_method("replace", (), Some(&utc)).map(Some)
}

/// Returns true if a module is loaded and the value is an instance of its class. A module that is not loaded has no instances, and importing it
/// here would slow the first context down. The type of the value counts, and not the class that it says it has: that of a mock may be any one.
pub(crate) fn is_instance(value: &Bound<'_, PyAny>, module: &str, class: &str) -> PyResult<bool> {
    let modules = value.py().import("sys")?.getattr("modules")?.cast_into::<PyDict>()?;
    let Some(module) = modules.get_item(module)? else { return Ok(false) };
    // A program may have replaced the module, such as by `None`, and an import in another thread may be under way.
    match module.getattr_opt(class)?.as_ref().map(Bound::cast::<PyType>) {
        Some(Ok(class)) => value.get_type().is_subclass(class),
        _ => Ok(false),
    }
}

fn not_finite(name: &str) -> PyErr {
    PyValueError::new_err(format!("the attribute {name:?} has a value that is not finite"))
}

/// Returns the class of the tuples with the texts of a context's attribute, which tells them from lists of one.
fn class_of_texts(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static TEXTS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    TEXTS.import(py, "fh_client._texts", "Texts")
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
        all.set_item(name, class_of_texts(py)?.call1((PyTuple::new(py, values)?,))?)?;
    }
    Ok(all)
}
