//! The transport, which sends a client's HTTP requests. To use another HTTP library, implement [`Transport`].

mod error;
mod http;
#[cfg(feature = "reqwest")]
pub(crate) mod proxy;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "reqwest")]
mod setup_error;
#[cfg(feature = "reqwest")]
mod tls;

pub use bytes::Bytes;
pub use fh_session::{ResponseHead, SecretUrl};

pub use self::error::{InvalidSetting, TransportError, TransportErrorKind};
pub(crate) use self::http::OfflineTransport;
pub use self::http::{Body, BoxFuture, Method, Response, Transport, TransportRequest};
#[cfg(feature = "featbit")]
pub use self::http::{Connection, Upgrade};
#[cfg(feature = "reqwest")]
pub use self::reqwest::{ReqwestTransport, ReqwestTransportBuilder};
#[cfg(feature = "reqwest")]
pub use self::setup_error::TransportSetupError;
