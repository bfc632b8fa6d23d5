//! The reads that clients, contexts, snapshots and handles of features have in common.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::value;

/// Writes the `#[pymethods]` of a class: its reads, and the class's own methods. `$source` is the `fh_client` type that is read. Reads
/// `by_key` take a key, and there are reads of all features from `$snapshot`; reads `of_one_feature` take none. A class has one such
/// block, because PyO3 collects the blocks of a class only with a feature that needs life before main.
macro_rules! pymethods_with_reads {
    ($type:ty, by_key: |$self:ident| $source:expr, all: $snapshot:expr, { $($own:tt)* }) => {
        $crate::reads::pymethods_with_reads!(@ $type, |$self| $source, [key], {
            $($own)*

            #[pyo3(signature = (key, /, kind=None))]
            fn detail(
                &$self,
                key: $crate::key::Text<'_>,
                kind: Option<&str>,
            ) -> PyResult<$crate::detail::Detail> {
                let detail = match kind {
                    None => $source.detail(key.as_str()),
                    Some(kind) => $source.detail_as(key.as_str(), $crate::value::kind(kind)?),
                };
                Ok($crate::detail::Detail::new(detail))
            }

            fn keys<'py>(&$self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyList>> {
                pyo3::types::PyList::new(py, $source.keys().iter().map(|key| &**key))
            }

            fn values<'py>(&$self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyDict>> {
                $crate::reads::values(py, $snapshot)
            }

            fn details<'py>(&$self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyDict>> {
                $crate::reads::details(py, $source.values())
            }
        });
    };
    ($type:ty, of_one_feature: |$self:ident| $source:expr, { $($own:tt)* }) => {
        $crate::reads::pymethods_with_reads!(@ $type, |$self| $source, [], { $($own)* });
    };
    (@ $type:ty, |$self:ident| $source:expr, [$($key:ident)?], { $($own:tt)* }) => {
        #[pymethods]
        impl $type {
            $($own)*

            #[pyo3(signature = ($($key, /)?))]
            fn is_enabled(&$self $(, $key: $crate::key::Text<'_>)?) -> bool {
                $source.is_enabled($($key.as_str())?)
            }

            #[pyo3(signature = ($($key, /,)? default=None))]
            fn boolean<'py>(
                &$self,
                py: Python<'py>,
                $($key: $crate::key::Text<'_>,)?
                default: Option<Bound<'py, PyAny>>,
            ) -> Bound<'py, PyAny> {
                match $source.boolean($($key.as_str())?) {
                    Some(value) => $crate::value::boolean(py, value),
                    None => $crate::value::or_default(py, default),
                }
            }

            #[pyo3(signature = ($($key, /,)? default=None))]
            fn string<'py>(
                &$self,
                py: Python<'py>,
                $($key: $crate::key::Text<'_>,)?
                default: Option<Bound<'py, PyAny>>,
            ) -> Bound<'py, PyAny> {
                match $source.string($($key.as_str())?) {
                    Some(text) => $crate::value::text(py, &text),
                    None => $crate::value::or_default(py, default),
                }
            }

            #[pyo3(signature = ($($key, /,)? default=None))]
            fn number<'py>(
                &$self,
                py: Python<'py>,
                $($key: $crate::key::Text<'_>,)?
                default: Option<Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                match $source.decimal($($key.as_str())?) {
                    Some(number) => $crate::number::number(py, &number),
                    None => Ok($crate::value::or_default(py, default)),
                }
            }

            #[pyo3(signature = ($($key, /,)? default=None))]
            fn decimal<'py>(
                &$self,
                py: Python<'py>,
                $($key: $crate::key::Text<'_>,)?
                default: Option<Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                match $source.decimal($($key.as_str())?) {
                    Some(number) => $crate::number::decimal(py, &number),
                    None => Ok($crate::value::or_default(py, default)),
                }
            }

            #[pyo3(signature = ($($key, /,)? default=None))]
            fn json<'py>(
                &$self,
                py: Python<'py>,
                $($key: $crate::key::Text<'_>,)?
                default: Option<Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                $crate::reads::json(py, $source.raw_json($($key.as_str())?), default)
            }

            #[pyo3(signature = ($($key, /,)? default=None))]
            fn raw_json<'py>(
                &$self,
                py: Python<'py>,
                $($key: $crate::key::Text<'_>,)?
                default: Option<Bound<'py, PyAny>>,
            ) -> Bound<'py, PyAny> {
                match $source.raw_json($($key.as_str())?) {
                    Some(text) => $crate::value::text(py, &text),
                    None => $crate::value::or_default(py, default),
                }
            }

            #[pyo3(signature = ($($key, /,)? default=None))]
            fn value<'py>(
                &$self,
                py: Python<'py>,
                $($key: $crate::key::Text<'_>,)?
                default: Option<Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                match $source.value($($key.as_str())?) {
                    Some(value) => $crate::value::any(py, &value),
                    None => Ok($crate::value::or_default(py, default)),
                }
            }

            #[pyo3(signature = ($($key, /)?))]
            fn peek(&$self $(, $key: $crate::key::Text<'_>)?) -> $crate::detail::Detail {
                $crate::detail::Detail::new($source.peek($($key.as_str())?))
            }

            #[pyo3(signature = ($($key, /)?))]
            fn is_set(&$self $(, $key: $crate::key::Text<'_>)?) -> bool {
                $source.is_set($($key.as_str())?)
            }

            #[pyo3(signature = ($($key, /)?))]
            fn exists(&$self $(, $key: $crate::key::Text<'_>)?) -> bool {
                $source.exists($($key.as_str())?)
            }

            #[pyo3(signature = ($($key, /)?))]
            fn explain(&$self $(, $key: $crate::key::Text<'_>)?) -> $crate::explanation::Explanation {
                $crate::explanation::Explanation::new($source.explain($($key.as_str())?))
            }
        }
    };
}

pub(crate) use pymethods_with_reads;

/// Returns the value of a JSON text, or the default if there is no text or it is no JSON.
pub(crate) fn json<'py>(
    py: Python<'py>,
    text: Option<std::sync::Arc<str>>,
    default: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    use pyo3::exceptions::{PyRecursionError, PyValueError};
    let Some(text) = text else { return Ok(value::or_default(py, default)) };
    match crate::json::parse(py, &text) {
        Err(error)
            if error.is_instance_of::<PyValueError>(py)
                || error.is_instance_of::<PyRecursionError>(py) =>
        {
            Ok(value::or_default(py, default))
        }
        outcome => outcome,
    }
}

/// Returns the values of all features by key. A feature without a value has the value `None`. As with `details`, observers are not
/// notified.
pub(crate) fn values<'py>(
    py: Python<'py>,
    snapshot: &fh_client::Snapshot,
) -> PyResult<Bound<'py, PyDict>> {
    let all = PyDict::new(py);
    let mut outcome = Ok(());
    snapshot.for_each_value(|key, value| {
        if outcome.is_ok() {
            outcome = add_value(&all, key, value);
        }
    });
    outcome.map(|()| all)
}

fn add_value(all: &Bound<'_, PyDict>, key: &str, value: Option<&fh_client::Value>) -> PyResult<()> {
    match value {
        Some(value) => all.set_item(key, value::any(all.py(), value)?),
        None => all.set_item(key, all.py().None()),
    }
}

/// Returns the details of all features by key.
pub(crate) fn details(
    py: Python<'_>,
    values: fh_client::ContextValues,
) -> PyResult<Bound<'_, PyDict>> {
    let all = PyDict::new(py);
    for detail in values {
        let key = detail.key.clone();
        all.set_item(&*key, Bound::new(py, crate::detail::Detail::new(detail))?)?;
    }
    Ok(all)
}
