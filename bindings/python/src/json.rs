//! JSON texts as Python values.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use serde_json::value::RawValue;

use crate::mapping;
use crate::number::parse_int;

/// The function `loads` of Python's module `json`, and the arguments with which it reads features.
struct Parser {
    loads: Py<PyAny>,
    /// Refuses NaN and infinities, which are no JSON.
    strict: Py<PyDict>,
    /// Also reads integers with more digits than Python's own reader allows.
    long_integers: Py<PyDict>,
}

static PARSER: PyOnceLock<Parser> = PyOnceLock::new();

impl Parser {
    fn new(py: Python<'_>) -> PyResult<Self> {
        let loads = py.import("json")?.getattr("loads")?.unbind();
        let refuse = wrap_pyfunction!(refuse_constant, py)?;
        let strict = PyDict::new(py);
        strict.set_item("parse_constant", &refuse)?;
        let long_integers = strict.copy()?;
        long_integers.set_item("parse_int", wrap_pyfunction!(parse_int, py)?)?;
        Ok(Self { loads, strict: strict.unbind(), long_integers: long_integers.unbind() })
    }
}

#[pyfunction]
fn refuse_constant(name: &str) -> PyResult<()> {
    Err(PyValueError::new_err(format!("{name} is no JSON")))
}

/// Returns a new Python value for a JSON text.
pub(crate) fn parse<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let parser = PARSER.get_or_try_init(py, || Parser::new(py))?;
    let loads = parser.loads.bind(py);
    match loads.call((text,), Some(parser.strict.bind(py))) {
        // The text may hold an integer that is too long for `int`. A text that is no JSON at all fails again.
        Err(error) if error.is_instance_of::<PyValueError>(py) && is_json(text) => {
            loads.call((text,), Some(parser.long_integers.bind(py)))
        }
        outcome => outcome,
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

/// Returns the Python value of a value that serialises.
pub(crate) fn value_of<'py>(
    py: Python<'py>,
    value: &impl serde::Serialize,
) -> PyResult<Bound<'py, PyAny>> {
    let text =
        serde_json::to_string(value).map_err(|why| PyValueError::new_err(why.to_string()))?;
    parse(py, &text)
}

/// Returns the JSON text of a Python value.
pub(crate) fn text_of(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let arguments = PyDict::new(value.py());
    arguments.set_item("allow_nan", false)?;
    let dumps = value.py().import("json")?.getattr("dumps")?;
    dumps.call((value,), Some(&arguments))?.extract()
}

/// Reads the members of a mapping that becomes a JSON object.
pub(crate) fn params(mapping: Option<&Bound<'_, PyAny>>) -> PyResult<fh_client::Params> {
    let Some(mapping) = mapping else { return Ok(fh_client::Params::new()) };
    if mapping::of(mapping)?.is_none() {
        return Err(PyTypeError::new_err("the parameters of an event are a mapping"));
    }
    serde_json::from_str(&text_of(mapping)?).map_err(|why| PyValueError::new_err(why.to_string()))
}
