//! A state that is fetched from a URL, such as an object in a bucket, and fetched again at an interval.

mod address;
mod fetch;
mod follow;

pub(crate) use address::StateUrl;
pub(crate) use fetch::{FetchError, Fetcher, once};
pub(crate) use follow::UrlWatch;
