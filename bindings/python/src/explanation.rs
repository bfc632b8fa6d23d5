//! The class `Explanation`: a value with the steps of its evaluation.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::detail::Detail;
use crate::json;

#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Explanation {
    core: fh_client::ExplainedDetail,
}

impl Explanation {
    pub(crate) const fn new(core: fh_client::ExplainedDetail) -> Self {
        Self { core }
    }
}

#[pymethods]
impl Explanation {
    #[getter]
    fn detail(&self) -> Detail {
        Detail::new(self.core.detail.clone())
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        all.set_item("detail", json::value_of(py, &self.core.detail)?)?;
        all.set_item("rules", json::value_of(py, &self.core.rules)?)?;
        Ok(all)
    }

    fn __str__(&self) -> String {
        self.core.to_string()
    }

    /// The text for people names attribute values, so it is not what `repr` gives.
    fn __repr__(&self) -> String {
        format!("<fh_client.Explanation {}>", self.core.detail.key)
    }
}
