//! The attributes of a context as a program gave them. Most contexts are read once, and a feature reads few attributes.

use std::sync::Arc;

use fh_binding::late_context::{self, AttributesBuilder};
use fh_client::{Attributes, System};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString};

use crate::attributes::{self, texts_of};
use crate::key::Text;

/// The attributes of a context.
pub(crate) enum GivenAttributes {
    /// Texts, numbers and truths by their names, in a `dict` that nothing else refers to.
    Dict(Py<PyDict>, System),
    /// All attributes in the form that rules read.
    Read(Arc<Attributes>),
}

impl GivenAttributes {
    /// Returns attributes for flags of this system from a mapping and from keywords, which the interpreter has put into a `dict` for the call.
    ///
    /// # Errors
    /// A name or a value that [`attributes::read`] refuses is a `TypeError` or a `ValueError`.
    pub(crate) fn new(
        mapping: Option<&Bound<'_, PyAny>>,
        keywords: Option<&Bound<'_, PyDict>>,
        system: System,
    ) -> PyResult<Self> {
        let own = match (mapping.map(|mapping| mapping.cast_exact::<PyDict>()), keywords) {
            (None, Some(keywords)) if are_names(keywords, system) => Some(keywords.clone()),
            (Some(Ok(mapping)), None) => Some(mapping.copy()?),
            _ => None,
        };
        match own {
            Some(dict) if is_plain(&dict) => Ok(Self::Dict(dict.unbind(), system)),
            _ => Ok(Self::Read(Arc::new(attributes::read(mapping, keywords, system)?))),
        }
    }

    /// Returns all attributes.
    pub(crate) fn all(&self) -> Arc<Attributes> {
        match self {
            Self::Dict(dict, system) => Python::attach(|py| {
                late_context::attributes(&DictAttributes { dict: dict.bind(py), system: *system })
            }),
            Self::Read(attributes) => Arc::clone(attributes),
        }
    }
}

/// Returns true if each keyword is the name of the attribute that it gives.
fn are_names(keywords: &Bound<'_, PyDict>, system: System) -> bool {
    keywords
        .iter()
        .all(|(name, _)| name.extract::<&str>().is_ok_and(|name| attributes::is_name(name, system)))
}

/// Returns true if all names are texts, and all values are texts, finite numbers of at most 64 bits, and truths, which never change.
fn is_plain(dict: &Bound<'_, PyDict>) -> bool {
    dict.iter().all(|(name, value)| {
        name.is_exact_instance_of::<PyString>()
            && (value.is_exact_instance_of::<PyString>()
                || value.is_exact_instance_of::<PyBool>()
                || (value.is_exact_instance_of::<PyInt>() && value.extract::<i64>().is_ok())
                || value.cast_exact::<PyFloat>().is_ok_and(|float| float.value().is_finite()))
    })
}

/// The attributes of a `dict` of plain values.
pub(crate) struct DictAttributes<'a> {
    pub(crate) dict: &'a Bound<'a, PyDict>,
    pub(crate) system: System,
}

impl late_context::GivenAttributes for DictAttributes<'_> {
    fn add(&self, attributes: &mut AttributesBuilder, is_read: &dyn Fn(&str) -> bool) {
        for (name, value) in self.dict.iter() {
            let Ok(name) = name.extract::<Text<'_>>() else { continue };
            let name = name.as_str();
            // A plain value has a text.
            if is_read(name)
                && let Ok(texts) = texts_of(name, &value)
            {
                self.system.add_attribute(attributes, name, &texts);
            }
        }
    }

    fn each_name(&self, each: &mut dyn FnMut(&str)) {
        for name in self.dict.keys().iter() {
            if let Ok(name) = name.extract::<Text<'_>>() {
                each(name.as_str());
            }
        }
    }
}
