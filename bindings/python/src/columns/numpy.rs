//! Arrays of NumPy, which is imported when a program first asks for one.

use fh_arrow::{Indices, OutputArray};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyBytes};

/// Returns the values as an array of NumPy: of `bool`, of `float64` with NaN for nulls, or of objects: texts and `None`.
pub(super) fn array<'py>(py: Python<'py>, array: &OutputArray) -> PyResult<Bound<'py, PyAny>> {
    let numpy = py.import("numpy")?;
    let read = |bytes: &[u8], kind: &str| {
        numpy.call_method1("frombuffer", (PyBytes::new(py, bytes), kind))
    };
    let unpacked = |bits: &[u8]| {
        let options = [("count", array.len())].into_py_dict(py)?;
        options.set_item("bitorder", "little")?;
        let bytes = numpy.call_method("unpackbits", (read(bits, "uint8")?,), Some(&options))?;
        bytes.call_method1("view", ("bool",))
    };
    let with_nulls = |values: Bound<'py, PyAny>, null: &Bound<'py, PyAny>| {
        if let Some(validity) = array.validity() {
            values.set_item(numpy.call_method1("logical_not", (unpacked(validity)?,))?, null)?;
        }
        PyResult::Ok(values)
    };
    let none = py.None().into_bound(py);
    if let Some(bits) = array.bits() {
        let values = unpacked(bits)?;
        // An array of booleans has no place for a null.
        let kind = if array.null_count() > 0 { "object" } else { "bool" };
        return with_nulls(values.call_method1("astype", (kind,))?, &none);
    }
    if let Some(doubles) = array.doubles() {
        let bytes: Vec<u8> = doubles.iter().flat_map(|double| double.to_ne_bytes()).collect();
        let values = read(&bytes, "float64")?.call_method0("copy")?;
        return with_nulls(values, &numpy.getattr("nan")?);
    }
    let Some((indices, texts)) = array.indices().filter(|(_, texts)| !texts.is_empty()) else {
        let options = [("dtype", "object")].into_py_dict(py)?;
        return numpy.call_method("full", (array.len(), none), Some(&options));
    };
    let codes = match indices {
        Indices::Bytes(codes) => read(codes, "uint8")?,
        Indices::Words(codes) => {
            read(&codes.iter().flat_map(|code| code.to_ne_bytes()).collect::<Vec<u8>>(), "uint16")?
        }
        Indices::DoubleWords(codes) => {
            read(&codes.iter().flat_map(|code| code.to_ne_bytes()).collect::<Vec<u8>>(), "uint32")?
        }
    };
    let texts =
        numpy.call_method("array", (texts,), Some(&[("dtype", "object")].into_py_dict(py)?))?;
    with_nulls(numpy.call_method1("take", (texts, codes))?, &none)
}
