//! Errors of attaching a store.

use std::fmt;
use std::io;

/// The reason why a store was not attached. It contains neither URL nor password.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The client's API keys are server-evaluated. Their values belong to one context and must not be shared (D-79).
    ServerEvaluatedKey,
    /// The URL is not that of a Redis server.
    Url,
    /// The URL names sentinels, but not the master.
    NoMasterName,
    /// The URL names several servers that are not sentinels.
    SeveralServers,
    /// A user or password of sentinels was given, but the URL names no sentinels.
    WithoutSentinels,
    /// A user of sentinels was given without a password.
    NoSentinelPassword,
    /// The URL asks for TLS, but the cargo feature `rustls` is off.
    NoTls,
    /// The URL asks to accept any certificate (`#insecure`), which gives no protection.
    Insecure,
    /// Certificates were given, but the URL does not ask for TLS.
    WithoutTls,
    /// A certificate or private key cannot be used, with the reason.
    Certificate(&'static str),
    /// The platform cannot start a thread.
    Thread(io::Error),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServerEvaluatedKey => f.write_str(
                "the API key is server-evaluated: its values belong to one context and cannot be \
                 shared",
            ),
            Self::Url => f.write_str(
                "not a URL of Redis: redis://[user:password@]host[:port][/database], or \
                 redis-sentinel://[user:password@]host[:port][,host[:port]...][/database]#NAME",
            ),
            Self::NoMasterName => {
                f.write_str("the URL does not name the master of the sentinels: end it in #NAME")
            }
            Self::SeveralServers => f.write_str(
                "the URL names several servers: give one node of a cluster, which names the \
                 others, or use redis-sentinel:// for sentinels",
            ),
            Self::WithoutSentinels => f.write_str(
                "sentinel_username and sentinel_password need a URL of sentinels: \
                 redis-sentinel://",
            ),
            Self::NoSentinelPassword => f.write_str("sentinel_username needs sentinel_password"),
            Self::NoTls => {
                f.write_str("the URL asks for TLS: enable the feature `rustls` of fh-redis")
            }
            Self::Insecure => f.write_str(
                "the URL asks to accept any certificate (#insecure): give the authority's \
                 certificate instead",
            ),
            Self::WithoutTls => {
                f.write_str("certificates were given, but the URL does not use TLS: use rediss://")
            }
            Self::Certificate(why) => f.write_str(why),
            Self::Thread(why) => write!(f, "cannot start the thread of the Redis store: {why}"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread(why) => Some(why),
            _ => None,
        }
    }
}
