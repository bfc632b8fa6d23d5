//! The objects of the program besides clients, by the numbers that Java has for them.

use fh_binding::operations::{Answer, Failure, Later, Object};

use crate::handles::Handles;

static OBJECTS: Handles<Object> = Handles::new();

/// Makes the object of a request, and returns its number.
pub(crate) fn make(request: &str) -> Result<i64, Failure> {
    Object::of(request).map(|object| OBJECTS.add(object))
}

pub(crate) fn get(number: i64) -> Option<Object> {
    OBJECTS.get(number)
}

/// Performs an operation of an object. `None` if there is no such object any more.
pub(crate) fn perform(number: i64, request: &str) -> Option<Answer> {
    Some(get(number)?.perform(request))
}

/// Begins an operation of an object.
pub(crate) fn begin(number: i64, request: &str) -> Option<Result<Later, Failure>> {
    Some(get(number)?.begin(request))
}

/// Forgets an object. Clients that use it keep it.
pub(crate) fn forget(number: i64) {
    drop(OBJECTS.take(number));
}
