//! The class `Client`: its object in each process, its construction, and its methods.

mod construction;
mod context_call;
mod handle;
mod methods;
mod registration;
mod waits;

pub(crate) use self::context_call::install as install_context_call;
pub(crate) use self::handle::Client;
