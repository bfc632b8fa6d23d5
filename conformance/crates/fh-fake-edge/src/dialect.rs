//! Where a healthy answer may differ from server to server.

/// Whose rules a healthy Edge follows where the protocol page gives two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// The rules marked OURS: 304 for several keys too, weak etags and bare event ids match,
    /// strategies decided per key, 400 for a broken PUT body.
    #[default]
    Ours,
    /// What the published server was seen to do: for several unchanged keys 200 with empty lists and
    /// `etag: ";"`, weak etags and bare event ids never match, one client-evaluated key gives
    /// strategies to all, 500 for a broken PUT body or a broken context, NUMBER is never unchanged.
    Upstream,
}
