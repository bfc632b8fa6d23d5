//! Reads the query of a request, and the API keys of a poll in it. The pairs of a query keep their order, and a name may occur several
//! times.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::wire::api_key::RequestKey;
use crate::wire::context::form_decode;

/// The maximum number of keys in one poll, including malformed and repeated keys. A poll with more keys is answered with status 400.
const MAX_KEYS: usize = 100;

/// A list that usually holds one element. A list of one element needs no allocation.
pub(super) type Few<T> = SmallVec<[T; 1]>;

/// Returns the decoded pairs of names and values of a query string, in their order. A name without `=` has an empty value, and empty parts
/// are left out.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (form_decode(name), form_decode(value))
    })
}

/// Returns the well-formed keys among these texts, without duplicates. The error is the body of a response with status 400.
pub(super) fn keys<'a>(texts: &'a [Cow<'a, str>]) -> Result<Few<RequestKey<'a>>, &'static str> {
    if texts.is_empty() {
        return Err("the API key is missing: write GET /features?apiKey=ENVIRONMENT/KEY");
    }
    if texts.len() > MAX_KEYS {
        return Err("too many keys");
    }
    let mut keys = Few::with_capacity(texts.len());
    for key in texts.iter().filter_map(|text| RequestKey::parse(text)) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// Returns the decoded values of the parameter `apiKey` in a query. If the old parameter name `sdkUrl` occurs, returns the values of
/// `sdkUrl` and ignores `apiKey`.
pub(crate) fn written_keys(query: &str) -> Few<Cow<'_, str>> {
    let (mut texts, mut name) = (Few::new(), "apiKey");
    for (given, text) in pairs(query) {
        if given == "sdkUrl" && name != "sdkUrl" {
            name = "sdkUrl";
            texts.clear();
        }
        if given == name {
            texts.push(text);
        }
    }
    texts
}
