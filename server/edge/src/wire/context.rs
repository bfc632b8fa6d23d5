//! Reads the evaluation context of a request from the text of its header `x-featurehub` or parameter `xfeaturehub`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fh_eval::Attributes;
use percent_encoding::percent_decode_str;

use crate::digest::{Hash, digits};

/// The largest number of attributes in a [`RequestContext`]. Further attributes are left out, as in a FeatureHub Edge.
pub(crate) const MAX_ATTRIBUTES: usize = 30;
/// The largest number of values of all attributes together, in the context of a poll, a stream or an OFREP request. Further values in polls
/// and streams are left out, and an OFREP request with more values is rejected. Rules may examine each value, so this number limits the
/// time of an evaluation.
pub(crate) const MAX_VALUES: usize = 1000;

/// The evaluation context of a request. Contexts with the same attributes are equal.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestContext {
    attributes: BTreeMap<String, Vec<String>>,
    /// The text of a context whose attributes are joined by `&`. A FeatureHub Edge reads such a text as one attribute, so the order of its
    /// parts counts for etags.
    joined: Option<Box<str>>,
}

impl PartialEq for RequestContext {
    fn eq(&self, other: &Self) -> bool {
        self.attributes == other.attributes
    }
}

impl Eq for RequestContext {}

impl std::hash::Hash for RequestContext {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.attributes.hash(state);
    }
}

impl RequestContext {
    /// Reads the lines in order, until the context has [`MAX_ATTRIBUTES`] attributes. A later attribute replaces an earlier one with the
    /// same name.
    ///
    /// Attributes are separated by commas. A raw `&` separates them as well, because two published SDKs join attributes with `&`, and
    /// correct encoders never send a raw `&`. Text with an invalid percent sequence is not decoded. Parts without `=` are left out.
    pub(crate) fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut attributes, mut room) = (BTreeMap::new(), MAX_VALUES);
        let mut joined: Option<String> = None;
        let lines = lines.into_iter().inspect(|line| {
            if line.contains('&') {
                joined.get_or_insert_default().push_str(line);
            }
        });
        for part in lines.flat_map(|line| line.split([',', '&'])) {
            let Some((name, value)) = part.split_once('=') else { continue };
            let name = form_decode(name.trim()).into_owned();
            let values = split(&form_decode(value.trim()), room);
            room -= values.len();
            attributes.insert(name, values);
            if attributes.len() == MAX_ATTRIBUTES {
                break;
            }
        }
        Self { attributes, joined: joined.map(Into::into) }
    }

    /// Makes a context from attributes. The context is cut to [`MAX_ATTRIBUTES`] attributes.
    pub(crate) fn of(attributes: &Attributes) -> Self {
        // The attributes from which buckets are computed by default come first, because leaving out one of them would do the most harm.
        let is_key = |name: &str| matches!(name, "userkey" | "session" | "sessionkey");
        let (keys, others): (Vec<_>, Vec<_>) =
            attributes.iter().partition(|(name, _)| is_key(name));
        let attributes = keys.into_iter().chain(others).take(MAX_ATTRIBUTES);
        let attributes = attributes
            .map(|(name, values)| (name.to_string(), values.map(str::to_string).collect()));
        Self { attributes: attributes.collect(), joined: None }
    }

    pub(crate) fn len(&self) -> usize {
        self.attributes.len()
    }

    /// Returns the attributes for an evaluation. An attribute without values counts as missing.
    pub(crate) fn attributes(&self) -> Attributes {
        let start = Attributes::builder();
        let given = self.attributes.iter().filter(|(_, values)| !values.is_empty());
        given
            .fold(start, |builder, (name, values)| builder.attribute(name, values.as_slice()))
            .build()
    }

    /// Returns the part of etags that identifies the context. Equal contexts have equal tags, unless a text joins attributes by `&`. Only the
    /// empty context has the tag `0`.
    pub(crate) fn tag(&self) -> String {
        if self.attributes.is_empty() {
            return "0".to_string();
        }
        let mut hash = hash_of(&self.attributes);
        hash.update(self.joined.as_deref().unwrap_or_default());
        // The tag has sixteen digits, so it never equals the single digit of the empty context.
        digits(&hash.finalize(), 8)
    }
}

/// Returns a hash of these attributes, in this order.
pub(crate) fn hash_of<'a>(
    attributes: impl IntoIterator<Item = (&'a String, &'a Vec<String>)>,
) -> Hash {
    let mut hash = Hash::new();
    for (name, values) in attributes {
        for text in std::iter::once(name).chain(values) {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
        hash.update(u64::MAX.to_le_bytes());
    }
    hash
}

/// Splits a text at its commas: `a,b,` has two values, `,` has none, and the empty text has one empty value. At most `room` values are
/// returned, and further values are left out.
fn split(value: &str, room: usize) -> Vec<String> {
    let all = value.trim_end_matches(',');
    if all.is_empty() && !value.is_empty() {
        return Vec::new();
    }
    all.split(',').take(room).map(str::to_string).collect()
}

/// Decodes percent sequences, and `+` as a space. If a percent sequence is invalid or the result is not UTF-8, the text is returned
/// unchanged.
pub(crate) fn form_decode(text: &str) -> Cow<'_, str> {
    if !text.as_bytes().contains(&b'%') && !text.as_bytes().contains(&b'+') {
        return Cow::Borrowed(text);
    }
    let broken = text.match_indices('%').any(|(at, _)| {
        let digits = text.as_bytes().get(at + 1..at + 3);
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if broken {
        return Cow::Borrowed(text);
    }
    let blanks = text.replace('+', " ");
    match percent_decode_str(&blanks).decode_utf8() {
        Ok(decoded) => Cow::Owned(decoded.into_owned()),
        Err(_) => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_values_is_limited() {
        let values = format!("a=1%2C2,b={},c=3", "x%2C".repeat(2 * MAX_VALUES));
        let context = RequestContext::read([values.as_str()]);
        assert_eq!((context.attributes["a"].len(), context.attributes["b"].len()), (2, 998));
        assert!(context.attributes["c"].is_empty());
    }

    #[test]
    fn percentage_keys_are_kept_among_too_many_attributes() {
        let many = (0..40).fold(Attributes::builder(), |builder, number| {
            builder.attribute(&format!("a{number:02}"), "x")
        });
        let many = many.user_key("fred").session("s").build();
        let context = RequestContext::of(&many);
        assert_eq!(context.len(), MAX_ATTRIBUTES);
        assert_eq!(context.attributes["userkey"], ["fred"]);
        assert_eq!(context.attributes["session"], ["s"]);
        assert!(context.attributes.contains_key("a00") && !context.attributes.contains_key("a39"));
    }

    #[test]
    fn tags_stand_for_contexts() {
        let tag = |text: &str| RequestContext::read([text]).tag();
        assert_eq!(tag(""), "0");
        assert_eq!(tag("nothing"), "0");
        assert_eq!(tag("a=1,b=2"), tag("b=2,a=1"));
        // A FeatureHub Edge reads these as one attribute each.
        assert_ne!(tag("a=1&b=2"), tag("b=2&a=1"));
        assert_eq!(tag("a=1&b=2"), tag("a=1&b=2"));
        assert_eq!(RequestContext::read(["a=1&b=2"]), RequestContext::read(["b=2,a=1"]));
        assert_eq!(tag("&"), "0");
        let all = [
            "a=1",
            "a=2",
            "b=1",
            "a=1%2C2",
            "a=1%2Cb%2C2",
            "a=12",
            "a=1,b=2",
            "a=",
            "a=%2C",
            "1=a",
        ];
        let distinct: std::collections::BTreeSet<String> =
            all.iter().map(|text| tag(text)).collect();
        assert_eq!(distinct.len(), all.len());
        assert!(distinct.iter().all(|tag| tag.len() == 16));
    }
}
