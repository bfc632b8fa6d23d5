//! The session of a client before it starts, of one of several systems.

use fh_session::{ContextHeader, Limits};
#[cfg(feature = "featbit")]
use fh_session::{SecretUrl, featbit::Secret};

use crate::driver::Protocol;
use crate::server::Server;

/// The URL that an offline client uses if neither the program nor the environment sets a URL. It appears in logs and in the
/// client's `Debug` output.
pub(crate) const NOWHERE: &str = "http://offline.invalid";

/// The session that a client starts, and what the client must know of it.
pub(crate) struct SessionConfig {
    pub(crate) server: Server,
    pub(crate) is_offline: bool,
    pub(crate) limits: Limits,
    /// The headers that the program adds to requests. The driver, and not the session, adds them to each request, because the program can
    /// replace them later.
    pub(crate) headers: Vec<(String, String)>,
    /// The header of the first context, with which a snapshot file is compared.
    pub(crate) first_context: ContextHeader,
    /// The address to which the client reports events; `None` if the system has none.
    #[cfg(feature = "featbit")]
    pub(crate) events: Option<EventAddress>,
    pub(crate) open: OpenSession,
}

/// Returns the session. The seed determines its random delays.
pub(crate) type OpenSession = Box<dyn FnOnce(u64) -> Box<dyn Protocol>>;

/// The address to which a client of FeatBit reports events, and what it shows there.
#[cfg(feature = "featbit")]
pub(crate) struct EventAddress {
    pub(crate) url: SecretUrl,
    pub(crate) secret: Secret,
    pub(crate) user_agent: Option<String>,
}
