//! The attributes of a context as a program gave them. Most contexts are read once, and a feature reads few attributes.

use std::sync::Arc;

use fh_binding::late_context::{self, AttributesBuilder};
use fh_client::{Attributes, System};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString, PyTuple};

use crate::attributes::{self, texts_of};
use crate::key::Text;

/// The attributes of a context.
pub(crate) enum GivenAttributes {
    /// Texts, finite numbers and truths, which never change.
    Plain(PlainAttributes, System),
    /// All attributes in the form that rules read.
    Read(Arc<Attributes>),
}

/// Names of attributes, and their values.
pub(crate) enum PlainAttributes {
    /// A `dict` that nothing else refers to.
    Dict(Py<PyDict>),
    /// Names, and as many values.
    Keywords(Py<PyTuple>, Py<PyTuple>),
}

impl GivenAttributes {
    /// Returns attributes for flags of this system from a mapping and from keywords.
    ///
    /// # Errors
    /// A name or a value that [`attributes::read`] refuses is a `TypeError` or a `ValueError`.
    pub(crate) fn new(
        mapping: Option<&Bound<'_, PyAny>>,
        keywords: Option<&Bound<'_, PyDict>>,
        system: System,
    ) -> PyResult<Self> {
        if let (Some(mapping), None) = (mapping, keywords)
            && let Ok(dict) = mapping.cast_exact::<PyDict>()
            && dict.iter().all(|(name, value)| is_text(&name) && is_plain(&value))
        {
            return Ok(Self::Plain(PlainAttributes::Dict(dict.copy()?.unbind()), system));
        }
        Ok(Self::Read(Arc::new(attributes::read(mapping, keywords, system)?)))
    }

    /// Returns attributes from keywords, or `None` if one of them is not the name of its attribute, or if a value is not plain.
    pub(crate) fn of_keywords(
        names: Borrowed<'_, '_, PyTuple>,
        values: &[Borrowed<'_, '_, PyAny>],
        system: System,
    ) -> PyResult<Option<Self>> {
        let is_name = |name: &str| attributes::is_name(name, system);
        let mut given = names.iter_borrowed().zip(values);
        let are_plain = given.all(|(name, value)| {
            is_text(&name) && name.extract().is_ok_and(is_name) && is_plain(value)
        });
        if !are_plain {
            return Ok(None);
        }
        let values = PyTuple::new(names.py(), values)?.unbind();
        let plain = PlainAttributes::Keywords(names.to_owned().unbind(), values);
        Ok(Some(Self::Plain(plain, system)))
    }

    /// Returns all attributes.
    pub(crate) fn all(&self) -> Arc<Attributes> {
        match self {
            Self::Plain(plain, system) => Python::attach(|py| {
                late_context::attributes(&BoundAttributes { plain, system: *system, py })
            }),
            Self::Read(attributes) => Arc::clone(attributes),
        }
    }
}

fn is_text(object: &Bound<'_, PyAny>) -> bool {
    object.is_exact_instance_of::<PyString>()
}

/// Returns true for a text, a truth, and a finite number of at most 64 bits.
fn is_plain(value: &Bound<'_, PyAny>) -> bool {
    is_text(value)
        || value.is_exact_instance_of::<PyBool>()
        || (value.is_exact_instance_of::<PyInt>() && value.extract::<i64>().is_ok())
        || value.cast_exact::<PyFloat>().is_ok_and(|float| float.value().is_finite())
}

/// [`PlainAttributes`] on a thread that the interpreter runs.
pub(crate) struct BoundAttributes<'a> {
    pub(crate) plain: &'a PlainAttributes,
    pub(crate) system: System,
    pub(crate) py: Python<'a>,
}

impl BoundAttributes<'_> {
    #[inline]
    fn each(&self, mut each: impl FnMut(&str, &Bound<'_, PyAny>)) {
        let mut add = |name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>| {
            if let Ok(name) = name.extract::<Text<'_>>() {
                each(name.as_str(), value);
            }
        };
        match self.plain {
            PlainAttributes::Dict(dict) => {
                dict.bind(self.py).iter().for_each(|(name, value)| add(&name, &value));
            }
            PlainAttributes::Keywords(names, values) => {
                let (names, values) = (names.bind(self.py), values.bind(self.py));
                let given = names.iter_borrowed().zip(values.iter_borrowed());
                given.for_each(|(name, value)| add(&name, &value));
            }
        }
    }
}

impl late_context::GivenAttributes for BoundAttributes<'_> {
    fn add(&self, attributes: &mut AttributesBuilder, is_read: &dyn Fn(&str) -> bool) {
        self.each(|name, value| {
            // A plain value has a text.
            if is_read(name)
                && let Ok(texts) = texts_of(name, value)
            {
                self.system.add_attribute(attributes, name, &texts);
            }
        });
    }

    fn each_name(&self, each: &mut dyn FnMut(&str)) {
        self.each(|name, _| each(name));
    }
}
