//! The operations that programs call rarely. They cross the border to another language as JSON, so that a binding needs one function for all
//! of them. Reads, which programs call often, cross by functions of their own.
//!
//! A request is an object whose member `do` names the operation, such as `{"do": "release", "keys": ["A"]}`. An [`Answer`] is the result, or
//! a [`Failure`]. [`perform`] and [`begin`] are the operations of a client; [`Object`] has those of the other objects of a program.
//!
//! ```
//! use fh_binding::operations::{Object, perform, written};
//! use fh_client::Client;
//!
//! let client = Client::offline().start()?;
//! assert_eq!(written(perform(&client, r#"{"do": "keys"}"#)), r#"{"answer":[]}"#);
//! let failure = written(perform(&client, r#"{"do": "fly"}"#));
//! assert!(failure.starts_with(r#"{"failure":{"kind":"invalid","message":"unknown variant `fly`"#), "{failure}");
//!
//! let edge = Object::of(r#"{"new": "edge"}"#).unwrap();
//! edge.perform(r#"{"do": "set", "key": "COLOUR", "value": {"text": "red"}}"#).unwrap();
//! # Ok::<(), fh_client::StartError>(())
//! ```

mod answer;
mod client;
mod context;
mod detail;
mod edge;
mod event;
mod later;
mod lifecycle;
mod object;
mod overrides;
mod part;
mod read;
mod rules;
mod task;
mod usage;
mod value;

pub(crate) use self::context::{Value as GivenValue, attributes_from_json};

pub use self::answer::{Answer, Failure, FailureKind, written};
pub use self::client::perform;
pub use self::detail::detail;
pub use self::event::event;
pub use self::later::{Later, begin};
pub use self::object::{Object, PAYLOAD_FORM};
pub use self::part::{Objects, Parts, Registered, register};
pub use self::read::{decision, intercepted};
pub use self::task::Task;
pub use self::value::{JsonValue, kind_named};
