//! The functions of a program that a client calls: listeners, observers and interceptors.
//!
//! A binding keeps each function in its own form ([`Callback`]). A [`Registry`] holds the functions that are registered with a running
//! client, and [`ConstructorCallbacks`] those that the program gave to the client's constructor. The client's own closures hold only weak
//! references ([`Call`]), so that a garbage collector of the other language sees each reference to a function.
//!
//! Threads of the other language take the calls from a [`Pump`], so that no frame of Rust lies below a function of the program. The client's
//! thread that delivers the event waits until the call has ended. A function that blocks therefore delays no other function: the client
//! delivers to the others from another thread after 10 ms.
//!
//! A registry survives a fork: in the child process, [`Registry::begin_anew`] registers the inherited functions with the client that was
//! started there.

mod call;
mod constructor;
mod event;
mod interceptor;
mod interest;
mod pump;
mod registry;
mod reports;

pub use self::call::{Call, Callback, Invocation, Target};
pub use self::constructor::ConstructorCallbacks;
pub use self::event::{Change, Event};
pub use self::interceptor::{Decides, FunctionInterceptor};
pub use self::interest::{Interest, Listener};
pub use self::pump::{CallFailed, Progress, Pump, Seat, is_calling};
pub use self::registry::{Registration, Registry};
pub use self::reports::Reports;
