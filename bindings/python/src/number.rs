//! Numbers of features as Python numbers.

use fh_client::Number;
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyInt, PyType};

/// The most digits that are given to Python's `int` at once. Python refuses texts with more digits than
/// `sys.set_int_max_str_digits` allows, which is never less than 640.
const DIGITS_AT_ONCE: usize = 600;

/// Returns an `int` if the decimal text is an integer without point and exponent, and otherwise a `float`.
pub(crate) fn number<'py>(py: Python<'py>, number: &Number) -> PyResult<Bound<'py, PyAny>> {
    let text = number.as_str();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return number.as_f64().into_bound_py_any(py);
    }
    match text.parse::<i64>() {
        Ok(small) => small.into_bound_py_any(py),
        Err(_) if digits.len() < text.len() => natural(py, digits)?.neg(),
        Err(_) => natural(py, digits),
    }
}

/// Returns the `int` of decimal digits. The digits are halved until Python takes them, so that the cost grows no faster than that
/// of Python's own multiplication.
fn natural<'py>(py: Python<'py>, digits: &str) -> PyResult<Bound<'py, PyAny>> {
    if digits.len() <= DIGITS_AT_ONCE {
        return py.get_type::<PyInt>().call1((digits,));
    }
    let (head, tail) = digits.split_at(digits.len() / 2);
    let power = 10.into_bound_py_any(py)?.pow(tail.len(), py.None())?;
    natural(py, head)?.mul(power)?.add(natural(py, tail)?)
}

/// Returns the `decimal.Decimal` of the decimal text as it stands, so that `7.50` keeps its zero.
pub(crate) fn decimal<'py>(py: Python<'py>, number: &Number) -> PyResult<Bound<'py, PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = DECIMAL.import(py, "decimal", "Decimal")?;
    match class.call1((number.as_str(),)) {
        Ok(decimal) => Ok(decimal),
        // The exponent is beyond the range of `Decimal`.
        Err(_) => class.call1((number.as_f64(),)),
    }
}

/// Returns the `int` that a JSON text contains.
#[pyfunction]
pub(crate) fn parse_int<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    match text.strip_prefix('-') {
        Some(digits) => natural(py, digits)?.neg(),
        None => natural(py, text),
    }
}

/// Returns the decimal digits of an `int` of any size. Python's own `str` refuses integers with very many digits.
pub(crate) fn digits(integer: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = integer.str() {
        return text.extract();
    }
    let decimal = integer.py().import("decimal")?.getattr("Decimal")?.call1((integer,))?;
    decimal.call_method1("__format__", ("f",))?.extract()
}
