//! What `fh demo` shows: a shop's features, the people who see them, an Edge that serves them, and what happens to them.

pub(crate) mod people;
pub(crate) mod stage;
pub(crate) mod timeline;

/// The features of a shop for outdoor gear, as a GET of /features answers them.
pub(crate) const SHOP: &str = include_str!("shop.json");

/// When its sale is on.
pub(crate) const SALE: &str = "2026-11-28";

/// Whose answer is explained.
pub(crate) const EXPLAINED: &str = "EXPRESS_PAY";
/// What is rolled out.
pub(crate) const ROLLED_OUT: &str = "SEARCH_RANKING";
