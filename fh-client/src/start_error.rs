//! The error of starting a client.

use std::fmt;
use std::io;

use fh_repository::problem::TooManyAttributes;
#[cfg(feature = "featbit")]
use fh_session::featbit::{EndpointError, SecretError};
#[cfg(feature = "featuresignals")]
use fh_session::featuresignals::{
    EndpointError as FeatureSignalsEndpointError, KeyError as FeatureSignalsKeyError,
};
use fh_session::{KeyError, UrlError};

use crate::driver::MissingDriver;
use crate::header::write_unsendable;
use crate::snapshot_file::BootstrapError;
use crate::transport::InvalidSetting;
#[cfg(feature = "reqwest")]
use crate::transport::TransportSetupError;

/// The reason why a client cannot start. Network failures are not among the reasons, because the client retries; see
/// [`Client::status`](crate::Client::status).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartError {
    /// The program has not given a setting that the client needs, and no environment variable provides it.
    Missing {
        /// The name of the setting in words.
        setting: &'static str,
        /// The text to write.
        instead: &'static str,
        /// The environment variables that provide the setting.
        variables: &'static [&'static str],
    },
    /// The URL of the Edge is invalid.
    Url(UrlError),
    /// A URL of a FeatBit server is invalid.
    #[cfg(feature = "featbit")]
    Endpoint(EndpointError),
    /// The environment secret of a FeatBit server is invalid.
    #[cfg(feature = "featbit")]
    Secret(SecretError),
    /// The URL or the environment of a FeatureSignals server is invalid.
    #[cfg(feature = "featuresignals")]
    FeatureSignalsServer(FeatureSignalsEndpointError),
    /// The API key of a FeatureSignals server is invalid.
    #[cfg(feature = "featuresignals")]
    FeatureSignalsKey(FeatureSignalsKeyError),
    /// The API keys are invalid.
    Keys(KeyError),
    /// The program selected streaming with several API keys, but a stream serves only one key.
    SeveralKeysStream,
    /// The header with this name cannot be sent, because the name or the value is invalid, or because the client or the HTTP
    /// library sets this header.
    Header(String),
    /// The first context has more attributes than an Edge accepts.
    Context(TooManyAttributes),
    /// The bytes given to [`ClientBuilder::bootstrap`](crate::ClientBuilder::bootstrap) cannot be read.
    Bootstrap(BootstrapError),
    /// A setting has a value that can never work, such as a limit of zero, or a maximum delay (`cap`) that is shorter than the
    /// initial delay. The value names the setting and the reason.
    Setting(InvalidSetting),
    /// The default transport cannot be created. The value is the reason.
    #[cfg(feature = "reqwest")]
    Transport(TransportSetupError),
    /// The crate was built without the cargo feature `reqwest`, and the program gave no transport. An offline client needs
    /// none.
    NoTransport,
    /// The client was started anew in a forked child process, but the program's transport has no replacement for the child
    /// ([`Transport::after_fork`](crate::transport::Transport::after_fork)), and the program gave no other transport.
    TransportAfterFork,
    /// The runtime given to the client lacks a driver that the client needs. The value names the missing drivers.
    Runtime(MissingDriver),
    /// A thread or its tokio runtime could not be started. The value is the reason.
    Thread(String),
}

impl StartError {
    pub(crate) fn of_thread(error: io::Error) -> Self {
        Self::Thread(error.to_string())
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { setting, instead, variables } => write!(
                f,
                "{setting} is missing: {instead}, or set the environment variable {}",
                variables.join(" or ")
            ),
            Self::Url(error) => error.fmt(f),
            #[cfg(feature = "featbit")]
            Self::Endpoint(error) => error.fmt(f),
            #[cfg(feature = "featbit")]
            Self::Secret(error) => error.fmt(f),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignalsServer(error) => error.fmt(f),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignalsKey(error) => error.fmt(f),
            Self::Keys(error) => error.fmt(f),
            Self::SeveralKeysStream => {
                f.write_str("several API keys cannot be streamed: use polling")
            }
            Self::Header(name) => write_unsendable(f, name),
            Self::Context(error) => error.fmt(f),
            Self::Bootstrap(error) => error.fmt(f),
            Self::Setting(error) => error.fmt(f),
            #[cfg(feature = "reqwest")]
            Self::Transport(error) => error.fmt(f),
            Self::NoTransport => f.write_str(
                "there is no transport: set a transport, or enable the cargo feature `reqwest`",
            ),
            Self::TransportAfterFork => f.write_str(
                "the transport cannot be used in a forked process: set another transport, or implement `Transport::after_fork`",
            ),
            Self::Runtime(missing) => write!(f, "the runtime was built without {missing}: build it with `enable_all`"),
            Self::Thread(why) => write!(f, "cannot start a thread: {why}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Url(error) => Some(error),
            #[cfg(feature = "featbit")]
            Self::Endpoint(error) => Some(error),
            #[cfg(feature = "featbit")]
            Self::Secret(error) => Some(error),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignalsServer(error) => Some(error),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignalsKey(error) => Some(error),
            Self::Keys(error) => Some(error),
            Self::Context(error) => Some(error),
            Self::Bootstrap(error) => Some(error),
            Self::Setting(error) => Some(error),
            #[cfg(feature = "reqwest")]
            Self::Transport(error) => Some(error),
            _ => None,
        }
    }
}

impl From<UrlError> for StartError {
    fn from(error: UrlError) -> Self {
        Self::Url(error)
    }
}

#[cfg(feature = "featbit")]
impl From<EndpointError> for StartError {
    fn from(error: EndpointError) -> Self {
        Self::Endpoint(error)
    }
}

#[cfg(feature = "featbit")]
impl From<SecretError> for StartError {
    fn from(error: SecretError) -> Self {
        Self::Secret(error)
    }
}

#[cfg(feature = "featuresignals")]
impl From<FeatureSignalsEndpointError> for StartError {
    fn from(error: FeatureSignalsEndpointError) -> Self {
        Self::FeatureSignalsServer(error)
    }
}

#[cfg(feature = "featuresignals")]
impl From<FeatureSignalsKeyError> for StartError {
    fn from(error: FeatureSignalsKeyError) -> Self {
        Self::FeatureSignalsKey(error)
    }
}

impl From<KeyError> for StartError {
    fn from(error: KeyError) -> Self {
        Self::Keys(error)
    }
}

impl From<BootstrapError> for StartError {
    fn from(error: BootstrapError) -> Self {
        Self::Bootstrap(error)
    }
}

impl From<InvalidSetting> for StartError {
    fn from(error: InvalidSetting) -> Self {
        Self::Setting(error)
    }
}

impl From<MissingDriver> for StartError {
    fn from(missing: MissingDriver) -> Self {
        Self::Runtime(missing)
    }
}

#[cfg(feature = "reqwest")]
impl From<TransportSetupError> for StartError {
    fn from(error: TransportSetupError) -> Self {
        Self::Transport(error)
    }
}
