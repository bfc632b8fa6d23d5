//! The class `Client`: its object in each process, its construction, and its methods.

mod construction;
mod handle;
mod methods;
mod registration;
mod waits;

pub(crate) use self::handle::Client;
