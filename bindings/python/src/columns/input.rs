//! The columns that a Python program gives: a table or arrays of a library of Arrow, arrays of NumPy, lists, and single values.

use fh_arrow::{
    ArrowArray, ArrowArrayStream, ArrowSchema, Chunks, Error, Fault, OutputArray, Table,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PySlice, PyTuple};

use crate::attributes::{Texts, is_instance, texts_of};
use crate::key::Text;
use crate::mapping;

/// The number of values that are converted at once.
const VALUES_AT_ONCE: usize = 8_192;

/// Reads a table, or a mapping of names to columns.
pub(super) fn table(columns: &Bound<'_, PyAny>) -> PyResult<Table> {
    let mut table = Table::new();
    if let Some(stream) = stream(columns)? {
        let stream = stream.map_err(|fault| of_table(&fault))?;
        table.add_stream(stream).map_err(|why| error(&why))?;
    } else if let Some(array) = array(columns)? {
        let (schema, array) = array.map_err(|fault| of_table(&fault))?;
        table.add_array(&schema, array).map_err(|why| error(&why))?;
    } else if let Some(mapping) = mapping::of(columns)? {
        for item in mapping.items()?.iter() {
            let (name, column): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
            add(&mut table, name.extract::<Text<'_>>()?.as_str(), &column)?;
        }
    } else {
        return Err(PyTypeError::new_err(
            "columns are a table with __arrow_c_stream__ or __arrow_c_array__, or a mapping of names to columns",
        ));
    }
    Ok(table)
}

/// Adds a column of a mapping.
fn add(table: &mut Table, name: &str, column: &Bound<'_, PyAny>) -> PyResult<()> {
    let of_column = |fault: Fault| PyValueError::new_err(format!("column {name:?}: {fault}"));
    let outcome = if let Some(stream) = stream(column)? {
        table.add_column_stream(name, stream.map_err(of_column)?)
    } else if let Some(array) = array(column)? {
        let (schema, array) = array.map_err(of_column)?;
        table.add_column_array(name, &schema, array)
    } else if let Some(values) = Values::of(name, column)? {
        table.add_chunks(name, Box::new(values))
    } else {
        let texts = texts_of(name, column).map_err(|why| of_column(fault_of(column.py(), &why)))?;
        table.add_constant(name, owned(texts))
    };
    outcome.map_err(|why| error(&why))
}

fn error(why: &Error) -> PyErr {
    PyValueError::new_err(why.to_string())
}

fn of_table(fault: &Fault) -> PyErr {
    PyValueError::new_err(format!("the table: {fault}"))
}

fn fault_of(py: Python<'_>, why: &PyErr) -> Fault {
    Fault::Value(why.value(py).to_string())
}

fn owned(texts: Texts<'_>) -> Vec<String> {
    match texts {
        Texts::One(text) => vec![text.as_str().to_string()],
        Texts::Written(text) => vec![text],
        Texts::Nothing => Vec::new(),
        Texts::Many(texts) => texts,
    }
}

/// Returns the stream of an object that has one.
fn stream(object: &Bound<'_, PyAny>) -> PyResult<Option<Result<ArrowArrayStream, Fault>>> {
    if !object.hasattr("__arrow_c_stream__")? {
        return Ok(None);
    }
    let capsule = object.call_method0("__arrow_c_stream__")?;
    Ok(Some(ArrowArrayStream::from_capsule(&capsule)))
}

/// Returns the array of an object that has one, with its type.
fn array(object: &Bound<'_, PyAny>) -> PyResult<Option<Result<(ArrowSchema, ArrowArray), Fault>>> {
    if !object.hasattr("__arrow_c_array__")? {
        return Ok(None);
    }
    let capsules = object.call_method0("__arrow_c_array__")?;
    let Ok((schema, array)) = capsules.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>() else {
        return Ok(Some(Err(Fault::NoCapsule)));
    };
    let schema = ArrowSchema::from_capsule(&schema);
    Ok(Some(schema.and_then(|schema| Ok((schema, ArrowArray::from_capsule(&array)?)))))
}

/// The values of a list, a tuple or an array of NumPy, which are converted piece by piece.
struct Values {
    name: String,
    values: Py<PyAny>,
    /// Whether the values are those of a list or tuple, or of an array of NumPy.
    kind: Kind,
    next: usize,
    length: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sequence,
    Numpy,
}

impl Values {
    /// Returns `None` if the column is neither a list nor a tuple nor an array of NumPy.
    fn of(name: &str, column: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let kind = if column.is_instance_of::<PyList>() || column.is_instance_of::<PyTuple>() {
            Kind::Sequence
        } else if is_instance(column, "numpy", "ndarray")? {
            // NumPy's own lists of times hold numbers, and the array itself holds times.
            match column.getattr("dtype")?.getattr("kind")?.extract::<char>()? {
                'M' | 'm' => Kind::Sequence,
                _ => Kind::Numpy,
            }
        } else {
            return Ok(None);
        };
        if is_instance(column, "numpy", "ndarray")?
            && column.getattr("ndim")?.extract::<usize>()? != 1
        {
            let text = format!("column {name:?}: the array has not exactly one dimension");
            return Err(PyValueError::new_err(text));
        }
        let (name, values) = (name.to_string(), column.clone().unbind());
        Ok(Some(Self { name, values, kind, next: 0, length: column.len()? }))
    }

    /// Converts the next values.
    fn convert(&mut self, py: Python<'_>) -> Result<Option<OutputArray>, Fault> {
        let end = self.length.min(self.next.saturating_add(VALUES_AT_ONCE));
        if self.next == end {
            return Ok(None);
        }
        let values = self.slice(py, end).map_err(|why| fault_of(py, &why))?;
        let mut rows = Vec::with_capacity(values.len());
        for (row, value) in (self.next..).zip(values.iter()) {
            let texts = texts_of(&self.name, &value);
            let texts = texts.map_err(|why| Fault::Value(format!("row {row}: {}", why.value(py))));
            rows.push(owned(texts?));
        }
        if rows.len() != end - self.next {
            return Err(Fault::Value(
                "the number of values changed during the evaluation".to_string(),
            ));
        }
        self.next = end;
        let rows = rows.iter().map(|texts| texts.iter().map(String::as_str));
        Ok(Some(OutputArray::lists(rows)))
    }

    fn slice<'py>(&self, py: Python<'py>, end: usize) -> PyResult<Bound<'py, PyList>> {
        let slice = PySlice::new(py, self.next as isize, end as isize, 1);
        let values = self.values.bind(py).get_item(slice)?;
        match self.kind {
            Kind::Sequence => values
                .try_iter()?
                .collect::<PyResult<Vec<_>>>()
                .and_then(|all| PyList::new(py, all)),
            Kind::Numpy => Ok(values.call_method0("tolist")?.cast_into::<PyList>()?),
        }
    }
}

impl Chunks for Values {
    fn next(&mut self) -> Result<Option<OutputArray>, Fault> {
        Python::attach(|py| self.convert(py))
    }
}
