//! The parts of `fh demo`: a shop's features, sample people, an Edge, and the changes that are shown.

pub(crate) mod demo_server;
pub(crate) mod sample_users;
pub(crate) mod timeline;

/// The features of a shop for outdoor gear, in the form of a response to GET /features.
pub(crate) const SHOP: &str = include_str!("shop.json");

/// A date on which the shop's sale is on.
pub(crate) const SALE: &str = "2026-11-28";

/// The key of the feature whose value is explained.
pub(crate) const EXPLAINED: &str = "EXPRESS_PAY";
/// The key of the feature that is rolled out.
pub(crate) const ROLLED_OUT: &str = "SEARCH_RANKING";
