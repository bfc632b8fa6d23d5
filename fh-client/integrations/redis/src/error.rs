//! The error of attaching a store.

use std::fmt;
use std::io;

/// The reason why a store was not attached. The error contains neither the URL nor a password.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The client's API keys are server-evaluated. The values of such a client belong to one context and must not be shared.
    ServerEvaluatedKey,
    /// The text is not a URL of a Redis server or of sentinels.
    Url,
    /// The URL names sentinels, but does not name the master (`#NAME`).
    NoMasterName,
    /// The URL names several servers that are not sentinels.
    SeveralServers,
    /// The program or the URL gives a user or password for sentinels, but the server is not a URL of sentinels.
    WithoutSentinels,
    /// The program or the URL gives a user for the sentinels without a password.
    NoSentinelPassword,
    /// The URL requires TLS, but the cargo feature `rustls` of this crate is off.
    NoTls,
    /// The URL requests that any certificate is accepted (`#insecure`). The store rejects this, because such a connection has
    /// no protection.
    Insecure,
    /// The program gives certificates, but the URL or the Redis client does not use TLS.
    WithoutTls,
    /// A certificate or a private key cannot be used. The value is the reason.
    Certificate(&'static str),
    /// The operating system could not start a thread. The value is the reason.
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
                "the URL is not a URL of Redis, such as redis://[user:password@]host[:port][/database], or \
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
            Self::NoTls => f.write_str(
                "the URL requires TLS (rediss://): enable the feature `rustls` of fh-redis",
            ),
            Self::Insecure => f.write_str(
                "#insecure in the URL would accept any certificate: give the authority's \
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
