//! The context of a request: the `x-featurehub` header and its tag (edge-protocol 2.2, 2.3).
use std::collections::BTreeMap;

use crate::featurehub::etag::fnv;
use crate::featurehub::form;

/// Attribute names and their values, as the server decodes them.
pub type Context = BTreeMap<String, Vec<String>>;

/// Maximum number of attributes. Further ones are ignored.
const MOST_ATTRIBUTES: usize = 30;

/// Decodes the lines of the header, or the value of `?xfeaturehub=`. Texts that cannot be decoded are left as they are.
pub(crate) fn decode<'a>(lines: impl IntoIterator<Item = &'a str>) -> Context {
    // A correct encoder never sends a raw `&`, so splitting there is safe.
    let parts = lines.into_iter().flat_map(|line| line.split([',', '&']));
    let pairs = parts.filter_map(|part| part.split_once('='));
    let mut context = Context::new();
    for (name, value) in pairs {
        let (name, value) = (form::decode_or_raw(name.trim()), form::decode_or_raw(value.trim()));
        context.insert(name, values(&value));
        if context.len() >= MOST_ATTRIBUTES {
            break;
        }
    }
    context
}

/// Splits a value at commas, also those that were percent-encoded. Empty values at the end are dropped.
fn values(text: &str) -> Vec<String> {
    if !text.contains(',') {
        return vec![text.to_owned()];
    }
    let mut values: Vec<String> = text.split(',').map(str::to_owned).collect();
    while values.last().is_some_and(String::is_empty) {
        values.pop();
    }
    values
}

/// Returns the hash of a context, which is a part of the etag after `//`. It is `0` for an empty context.
pub(crate) fn tag(context: &Context) -> String {
    match context.is_empty() {
        true => "0".to_owned(),
        false => format!("{:08x}", fnv(format!("{context:?}").as_bytes()) & 0xffff_ffff),
    }
}
