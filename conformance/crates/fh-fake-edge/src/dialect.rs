//! The rules in which healthy answers differ between servers.

/// The rules of a healthy Edge where the protocol page has two variants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// The rules marked OURS. Several unchanged keys get 304, too. Weak etags and bare event ids match. Strategies are decided for each
    /// key. A malformed PUT body gets 400.
    #[default]
    Ours,
    /// The observed behaviour of the published server. Several unchanged keys get 200 with empty lists and `etag: ";"`. Weak etags and bare
    /// event ids never match. One client-evaluated key gives strategies to all keys. A malformed PUT body or context gets 500. A NUMBER is
    /// never unchanged.
    Upstream,
}
