//! The class `Context`: reads for the attributes of one user, device or request.

mod handle;
mod methods;

pub(crate) use self::handle::Context;
