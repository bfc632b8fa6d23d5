//! The method `Client.context` as the interpreter calls it. For keywords, the interpreter would make one `dict` for each call, and PyO3 another,
//! which took a third of the time of a context that is read once. This form of the method keeps the names and the values as they come.

#![allow(unsafe_code, reason = "the interpreter hands over the arguments of a call as pointers")]

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::panic::PanicException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use super::handle::Client;
use crate::context::Context;
use crate::given_attributes::GivenAttributes;

const NAME: &CStr = c"context";
const SIGNATURE: &CStr = c"context($self, mapping=None, /, **attributes)\n--\n\n";

/// The method as PyO3 made it, which takes all arguments.
static OF_ALL_ARGUMENTS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Puts this form of the method into the class.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    let class = py.get_type::<Client>();
    OF_ALL_ARGUMENTS.get_or_try_init(py, || class.getattr("context").map(Bound::unbind))?;
    // A class refers to the definitions of its methods for ever.
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: context },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: SIGNATURE.as_ptr(),
    }));
    // SAFETY: The class and the definition live as long as the method, of which a new reference is returned.
    let method = unsafe {
        let method = ffi::PyDescr_NewMethod(class.as_type_ptr(), definition);
        Bound::from_owned_ptr_or_err(py, method)?
    };
    class.setattr("context", method)
}

/// The arguments of a call: those by position, then the values of the keywords.
struct Arguments<'a, 'py> {
    client: Borrowed<'a, 'py, PyAny>,
    by_position: &'a [Borrowed<'a, 'py, PyAny>],
    values: &'a [Borrowed<'a, 'py, PyAny>],
    names: Option<Borrowed<'a, 'py, PyTuple>>,
}

unsafe extern "C" fn context(
    client: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    Python::attach(|py| {
        // SAFETY: The interpreter holds references to all of them during the call. The values of keywords stand behind the other arguments.
        let arguments = unsafe {
            let names = Borrowed::from_ptr_or_opt(py, names).map(|it| it.cast_unchecked());
            let count = usize::try_from(count).unwrap_or_default();
            let all: &[_] =
                match count + names.map_or(0, |names: Borrowed<'_, '_, PyTuple>| names.len()) {
                    0 => &[],
                    // A borrowed reference has the form of a pointer.
                    length => std::slice::from_raw_parts(arguments.cast(), length),
                };
            let (by_position, values) = all.split_at(count);
            Arguments { client: Borrowed::from_ptr(py, client), by_position, values, names }
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| arguments.context(py)));
        let outcome =
            outcome.unwrap_or_else(|_| Err(PanicException::new_err("Client.context panicked")));
        outcome.map(Bound::into_ptr).unwrap_or_else(|error| {
            error.restore(py);
            null_mut()
        })
    })
}

impl<'py> Arguments<'_, 'py> {
    fn context(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let client = self.client.cast::<Client>()?;
        let system = client.get().system();
        let given = match (self.by_position, self.names) {
            ([], Some(names)) => GivenAttributes::of_keywords(names, self.values, system)?,
            ([mapping], None) if !mapping.is_none() => {
                Some(GivenAttributes::new(Some(mapping), None, system)?)
            }
            _ => None,
        };
        if let Some(given) = given {
            let context = Context::new(client.to_owned().unbind(), given);
            return Ok(Bound::new(py, context)?.into_any());
        }
        let Some(of_all_arguments) = OF_ALL_ARGUMENTS.get(py) else {
            return Err(PyRuntimeError::new_err("the module is not initialised"));
        };
        let keywords = PyDict::new(py);
        for (name, value) in self.names.iter().flat_map(|names| names.iter()).zip(self.values) {
            keywords.set_item(name, value)?;
        }
        let arguments = std::iter::once(self.client).chain(self.by_position.iter().copied());
        let arguments = PyTuple::new(py, arguments.collect::<Vec<_>>())?;
        of_all_arguments.bind(py).call(arguments, Some(&keywords))
    }
}
