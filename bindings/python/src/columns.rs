//! The classes `Columns` and `Column`: the values of features for the rows of a table.

mod input;
mod numpy;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;

use fh_arrow::{
    ArrowArray, ArrowSchema, Error, FeatureAnswers, Options, OutputArray, bit, evaluate,
};
use pyo3::IntoPyObjectExt as _;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList, PyString};

use crate::key::Text;
use crate::missing_feature::missing_feature;
use crate::value;

/// The most threads of one evaluation.
const MOST_THREADS: usize = 256;

/// Reads a number of threads.
pub(crate) fn threads(threads: usize) -> PyResult<NonZeroUsize> {
    let threads = NonZeroUsize::new(threads).filter(|threads| threads.get() <= MOST_THREADS);
    threads.ok_or_else(|| {
        PyValueError::new_err(format!("threads is a number from 1 to {MOST_THREADS}"))
    })
}

/// Reads the keys of features. One `str` is a mistake, because its letters would be keys.
pub(crate) fn keys(keys: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    if keys.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err("features is a list of keys"));
    }
    keys.try_iter()?.map(|key| Ok(key?.extract::<Text<'_>>()?.as_str().to_string())).collect()
}

/// The values of features for each row of a table.
#[pyclass(frozen, mapping, module = "fh_client")]
pub(crate) struct Columns {
    features: Vec<FeatureAnswers>,
    rows: usize,
}

impl Columns {
    /// Evaluates features for each row. Other threads of Python run meanwhile, and a signal ends the evaluation.
    pub(crate) fn evaluate(
        py: Python<'_>,
        ruleset: &fh_eval::Ruleset,
        keys: Vec<String>,
        columns: &Bound<'_, PyAny>,
        options: &Options,
    ) -> PyResult<Self> {
        let table = input::table(columns)?;
        let mut signal = None;
        let outcome = py.detach(|| {
            evaluate(ruleset, &keys, table, options, || match Python::attach(check_signals) {
                Ok(()) => ControlFlow::Continue(()),
                Err(raised) => {
                    signal = Some(raised);
                    ControlFlow::Break(())
                }
            })
        });
        match outcome {
            Ok(answers) => Ok(Self { rows: answers.rows, features: answers.features }),
            Err(why) => Err(signal.unwrap_or_else(|| error(&why, ruleset))),
        }
    }

    fn feature(&self, key: &Text<'_>) -> PyResult<&FeatureAnswers> {
        let feature = self.features.iter().find(|feature| feature.key == key.as_str());
        let keys = self.features.iter().map(|feature| feature.key.as_str());
        feature.ok_or_else(|| missing_feature(key.as_str(), keys))
    }

    /// Returns the values of all features as one array of structs.
    fn table(&self) -> Arc<OutputArray> {
        let columns = self.features.iter();
        let columns = columns.map(|feature| (feature.key.clone(), Arc::clone(&feature.values)));
        Arc::new(OutputArray::table(self.rows, columns.collect()))
    }
}

/// Runs the handlers of signals that have arrived.
fn check_signals(py: Python<'_>) -> PyResult<()> {
    py.check_signals()
}

fn error(why: &Error, ruleset: &fh_eval::Ruleset) -> PyErr {
    match why {
        Error::UnknownFeature(key) => {
            missing_feature(key, ruleset.iter().map(|feature| feature.key()))
        }
        _ => PyValueError::new_err(why.to_string()),
    }
}

/// Returns the capsules of an array: its type and its data.
fn capsules<'py>(
    py: Python<'py>,
    array: &Arc<OutputArray>,
    name: &str,
) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
    Ok((ArrowSchema::of(array, name).into_capsule(py)?, ArrowArray::of(array).into_capsule(py)?))
}

#[pymethods]
impl Columns {
    #[getter]
    const fn rows(&self) -> usize {
        self.rows
    }

    fn keys(&self) -> Vec<&str> {
        self.features.iter().map(|feature| feature.key.as_str()).collect()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyList::new(py, self.keys())?.try_iter()?.into_any())
    }

    fn __len__(&self) -> usize {
        self.features.len()
    }

    fn __contains__(&self, key: Text<'_>) -> bool {
        self.feature(&key).is_ok()
    }

    fn __getitem__(&self, key: Text<'_>) -> PyResult<Column> {
        let feature = self.feature(&key)?;
        Ok(Column { name: feature.key.clone(), array: Arc::clone(&feature.values) })
    }

    #[pyo3(signature = (key, /))]
    fn strategies(&self, key: Text<'_>) -> PyResult<Column> {
        let feature = self.feature(&key)?;
        match &feature.strategies {
            Some(array) => Ok(Column { name: feature.key.clone(), array: Arc::clone(array) }),
            None => {
                Err(PyValueError::new_err("the columns were evaluated without strategies=True"))
            }
        }
    }

    #[pyo3(signature = (key, /))]
    fn tally<'py>(&self, py: Python<'py>, key: Text<'_>) -> PyResult<Bound<'py, PyDict>> {
        let tally = PyDict::new(py);
        for count in &self.feature(&key)?.tally {
            let value = count.value.as_ref().map(|value| value::any(py, value)).transpose()?;
            let key = (value, count.strategy_id.as_deref()).into_bound_py_any(py)?;
            // Strategies without ids that give the same value are one entry.
            let known: u64 = match tally.get_item(&key)? {
                Some(known) => known.extract()?,
                None => 0,
            };
            tally.set_item(key, known + count.rows)?;
        }
        Ok(tally)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        ArrowSchema::of(&self.table(), "").into_capsule(py)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        // A producer may ignore the wish for another type.
        let _ = requested_schema;
        capsules(py, &self.table(), "")
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.Columns of {} features and {} rows>", self.features.len(), self.rows)
    }
}

/// The values of one feature, or the strategies that gave them, for each row of a table.
#[pyclass(frozen, sequence, module = "fh_client")]
pub(crate) struct Column {
    name: String,
    array: Arc<OutputArray>,
}

#[pymethods]
impl Column {
    #[getter]
    fn null_count(&self) -> usize {
        self.array.null_count()
    }

    fn __len__(&self) -> usize {
        self.array.len()
    }

    fn to_pylist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let none = || py.None().into_bound(py);
        let list = PyList::empty(py);
        if let Some(bits) = self.array.bits() {
            for row in 0..self.array.len() {
                let is_null = self.array.is_null(row);
                list.append(if is_null { none() } else { value::boolean(py, bit(bits, row)) })?;
            }
        } else if let Some(doubles) = self.array.doubles() {
            for (row, double) in doubles.iter().enumerate() {
                let is_null = self.array.is_null(row);
                list.append(if is_null { none() } else { double.into_bound_py_any(py)? })?;
            }
        } else if let Some((indices, texts)) = self.array.indices() {
            let texts: Vec<_> = texts.iter().map(|text| PyString::new(py, text)).collect();
            for row in 0..self.array.len() {
                let text = indices.get(row).filter(|_| !self.array.is_null(row));
                match text.and_then(|index| texts.get(index)) {
                    Some(text) => list.append(text)?,
                    None => list.append(none())?,
                }
            }
        }
        Ok(list)
    }

    fn to_numpy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        numpy::array(py, &self.array)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        ArrowSchema::of(&self.array, &self.name).into_capsule(py)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        // A producer may ignore the wish for another type.
        let _ = requested_schema;
        capsules(py, &self.array, &self.name)
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.Column {:?} of {} rows>", self.name, self.array.len())
    }
}
