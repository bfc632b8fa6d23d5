//! The class `Ruleset`: features that are evaluated without a client.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use fh_arrow::{Options, Strategies};
use fh_client::{Attributes, Kind, Timestamp};
use fh_eval::Subject;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyType};

use crate::columns::{self, Columns};
use crate::context::Context;
use crate::dialect::{Dialect, Steps};
use crate::documents::document;
use crate::instant::Instant;
use crate::key::Text;
use crate::missing_feature::missing_feature;
use crate::{json, number, value};

/// Compiled features.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Ruleset {
    core: fh_eval::Ruleset,
    dialect: Dialect,
}

impl Ruleset {
    /// Calls a function with a feature, and with the subject and the attributes of an evaluation.
    fn with<T>(
        &self,
        context: Option<&Bound<'_, PyAny>>,
        key: &Text<'_>,
        now: Option<Instant>,
        call: impl FnOnce(fh_eval::FeatureRef<'_>, &Subject<'_, Timestamp>, Option<&Attributes>) -> T,
    ) -> PyResult<T> {
        let Some(feature) = self.core.get(key.as_str()) else {
            let keys = self.core.iter().map(|feature| feature.key());
            return Err(missing_feature(key.as_str(), keys));
        };
        let now = now.map_or_else(present_time, |now| now.0);
        let Some(context) = context else {
            return Ok(call(feature, &Subject::without_context(now), None));
        };
        let attributes = match context.cast::<Context>() {
            Ok(context) => context.get().attributes_of(),
            Err(_) => Arc::new(self.dialect.attributes(context)?),
        };
        let attributes = &*attributes;
        Ok(call(feature, &Subject::new(attributes, now), Some(attributes)))
    }
}

fn present_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[pymethods]
impl Ruleset {
    #[classmethod]
    #[pyo3(signature = (payload, /, profile=None, *, system=None), text_signature = "($cls, payload, /, profile=None, *, system='featurehub')")]
    fn from_json(
        _class: &Bound<'_, PyType>,
        payload: &Bound<'_, PyAny>,
        profile: Option<&Bound<'_, PyAny>>,
        system: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let dialect = system.map_or(Ok(Dialect::FeatureHub), Dialect::named)?;
        let core = dialect.compile(&document(payload)?, profile)?;
        Ok(Self { core, dialect })
    }

    #[getter]
    fn features(&self) -> Vec<&str> {
        self.core.iter().map(|feature| feature.key()).collect()
    }

    fn diagnostics(&self) -> Vec<String> {
        self.core.diagnostics().map(ToString::to_string).collect()
    }

    #[pyo3(signature = (context, key, /, kind=None, *, now=None))]
    fn evaluate(
        &self,
        context: Option<&Bound<'_, PyAny>>,
        key: Text<'_>,
        kind: Option<&str>,
        now: Option<Instant>,
    ) -> PyResult<Evaluation> {
        let kind = kind.map(value::kind).transpose()?;
        self.with(context, &key, now, |feature, subject, _| {
            let evaluation = feature.evaluate(subject);
            let (value, reason) = match kind {
                Some(kind) => evaluation.read(kind),
                None => (evaluation.value(), evaluation.reason()),
            };
            // A read of another type does not tell which strategy matched. Flags of FeatBit convert their values.
            let matched = kind.is_none_or(|kind| feature.kind() == Some(kind)) || value.is_some();
            let strategy_id = evaluation.variant().or_else(|| evaluation.strategy_id());
            Evaluation {
                key: feature.key().to_string(),
                value: value.cloned(),
                kind: feature.kind(),
                reason,
                is_set: evaluation.is_set(),
                strategy_id: strategy_id.filter(|_| matched).map(ToString::to_string),
                rule_name: evaluation.rule_name().filter(|_| matched).map(ToString::to_string),
                strategy_position: evaluation.strategy_position().filter(|_| matched),
                is_locked: feature.is_locked(),
                version: feature.version(),
                properties: feature
                    .properties()
                    .into_iter()
                    .map(|(name, value)| (name.into_owned(), value.into_owned()))
                    .collect(),
            }
        })
    }

    #[pyo3(signature = (context, key, /, *, now=None))]
    fn explain(
        &self,
        context: Option<&Bound<'_, PyAny>>,
        key: Text<'_>,
        now: Option<Instant>,
    ) -> PyResult<RuleExplanation> {
        let dialect = self.dialect;
        let time = now.map_or_else(present_time, |now| now.0);
        self.with(context, &key, Some(Instant(time)), |feature, subject, attributes| {
            let steps = dialect.explain(feature, subject, attributes, time)?;
            Ok(RuleExplanation { key: feature.key().to_string(), steps })
        })?
    }

    #[pyo3(signature = (columns, /, features=None, *, now=None, strategies=false, threads=1))]
    fn evaluate_columns(
        &self,
        py: Python<'_>,
        columns: &Bound<'_, PyAny>,
        features: Option<&Bound<'_, PyAny>>,
        now: Option<Instant>,
        strategies: bool,
        threads: usize,
    ) -> PyResult<Columns> {
        let features = match features {
            Some(keys) => columns::keys(keys)?,
            None => self.core.iter().map(|feature| feature.key().to_string()).collect(),
        };
        let options = Options {
            now: now.map_or_else(present_time, |now| now.0),
            strategies: if strategies { Strategies::Reported } else { Strategies::Omitted },
            threads: columns::threads(threads)?,
        };
        Columns::evaluate(py, &self.core, features, columns, &options)
    }

    fn __len__(&self) -> usize {
        self.core.len()
    }

    fn __contains__(&self, key: Text<'_>) -> bool {
        self.core.get(key.as_str()).is_some()
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.Ruleset of {} features>", self.core.len())
    }
}

/// The value of a feature for one context.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Evaluation {
    key: String,
    value: Option<fh_client::Value>,
    kind: Option<Kind>,
    reason: fh_eval::EvaluationReason,
    is_set: bool,
    strategy_id: Option<String>,
    rule_name: Option<String>,
    strategy_position: Option<usize>,
    is_locked: bool,
    version: i64,
    properties: Vec<(String, String)>,
}

#[pymethods]
impl Evaluation {
    #[getter]
    fn key(&self) -> &str {
        &self.key
    }

    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.value.as_ref().map(|value| value::any(py, value)).transpose()
    }

    #[getter]
    fn decimal<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &self.value {
            Some(fh_client::Value::Number(number)) => number::decimal(py, number).map(Some),
            _ => Ok(None),
        }
    }

    #[getter]
    fn kind(&self) -> Option<&'static str> {
        self.kind.map(Kind::as_str)
    }

    #[getter]
    const fn reason(&self) -> &'static str {
        self.reason.as_str()
    }

    #[getter]
    const fn is_set(&self) -> bool {
        self.is_set
    }

    #[getter]
    fn strategy_id(&self) -> Option<&str> {
        self.strategy_id.as_deref()
    }

    #[getter]
    fn rule_name(&self) -> Option<&str> {
        self.rule_name.as_deref()
    }

    #[getter]
    const fn strategy_position(&self) -> Option<usize> {
        self.strategy_position
    }

    #[getter]
    const fn is_locked(&self) -> bool {
        self.is_locked
    }

    #[getter]
    const fn version(&self) -> i64 {
        self.version
    }

    #[getter]
    fn properties<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.properties.clone().into_py_dict(py)
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(pyo3::exceptions::PyTypeError::new_err(
            "an Evaluation is neither true nor false: use its attribute `value`",
        ))
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.Evaluation {} {}>", self.key, self.reason.as_str())
    }
}

/// The steps of an evaluation.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct RuleExplanation {
    key: String,
    steps: Steps,
}

#[pymethods]
impl RuleExplanation {
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match &self.steps {
            Steps::OfFeature(steps) => json::value_of(py, steps),
            Steps::OfFlag(steps) => json::value_of(py, steps),
        }
    }

    fn __str__(&self) -> String {
        match &self.steps {
            Steps::OfFeature(steps) => steps.to_string(),
            Steps::OfFlag(steps) => steps.to_string(),
        }
    }

    /// The text for people names attribute values, so it is not what `repr` gives.
    fn __repr__(&self) -> String {
        format!("<fh_client.RuleExplanation {}>", self.key)
    }
}
