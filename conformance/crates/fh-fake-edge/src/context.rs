//! The context of a request: the `x-featurehub` header and its tag (edge-protocol 2.2, 2.3).
use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::form::{self, Malformed};

/// Attribute names and their values, as the server decodes them.
pub type Context = BTreeMap<String, Vec<String>>;

/// Maximum number of attributes. Further ones are ignored.
const MOST_ATTRIBUTES: usize = 30;

/// Decodes the lines of the header, or the value of `?xfeaturehub=`.
pub(crate) fn decode<'a>(
    lines: impl IntoIterator<Item = &'a str>,
    dialect: Dialect,
) -> Result<Context, Malformed> {
    let separators: &[char] = match dialect {
        // A correct encoder never sends a raw `&`, so splitting there is safe.
        Dialect::Ours => &[',', '&'],
        Dialect::Upstream => &[','],
    };
    let mut context = Context::new();
    for part in lines.into_iter().flat_map(|line| line.split(separators)) {
        let Some((name, value)) = part.split_once('=') else { continue };
        let (name, value) = match dialect {
            Dialect::Ours => (decode_or_raw(name.trim()), decode_or_raw(value.trim())),
            Dialect::Upstream => (form::decode(name)?, form::decode(value)?),
        };
        context.insert(name, values(&value));
        if context.len() >= MOST_ATTRIBUTES {
            break;
        }
    }
    Ok(context)
}

fn decode_or_raw(text: &str) -> String {
    form::decode(text).unwrap_or_else(|Malformed| text.to_owned())
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

/// Returns the hash of a context, which the server appends to its etag after `//`. It is `0` for an empty context.
pub(crate) fn tag(context: &Context) -> String {
    let hash = context.iter().fold(0_i32, |sum, (name, values)| {
        let list = values
            .iter()
            .fold(1_i32, |hash, value| hash.wrapping_mul(31).wrapping_add(hash_of_text(value)));
        sum.wrapping_add(hash_of_text(name) ^ list)
    });
    format!("{hash:x}")
}

fn hash_of_text(text: &str) -> i32 {
    text.encode_utf16()
        .fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Context {
        decode([line], Dialect::Upstream).expect("well formed")
    }

    #[test]
    fn the_tags_of_the_protocol_page() {
        for (line, expected) in [
            ("", "0"),
            ("userkey=fred", "f70b0c3e"),
            ("userkey=fred,session=abc", "6d5d0655"),
            ("country=nz,userkey=fred", "302266bb"),
            ("family=Bambam%2cDJ+Elif", "6ff9eabb"),
            (
                "city=Istanbul+City,country=turkey,device=mobile,family=Bambam%2cDJ+Elif,platform=ios,\
                 session=session-key,userkey=tv-show,version=6.2.3",
                "fa204af9",
            ),
            ("a=", "7e"),
            ("a=%2C", "60"),
            ("a=x%2C%2Cy%2C", "23731"),
            ("a=b=c", "177a6"),
            ("userkey=fred&country=nz", "ada82659"),
            // Recorded from a running server.
            ("country=new_zealand,userkey=fred", "793a95d5"),
            ("userkey=m%C3%A4ry%20x,version=2.2.0,ip=10.1.2.3", "66a8ff1d"),
        ] {
            assert_eq!(tag(&read(line)), expected, "{line}");
        }
        assert_eq!(decode(["a=%zz"], Dialect::Upstream), Err(Malformed));
    }

    #[test]
    fn ours_is_lenient() {
        let ours = |line| decode([line], Dialect::Ours).expect("never fails");
        assert_eq!(ours("userkey=fred&country=nz").len(), 2);
        assert_eq!(ours("a=%zz").get("a"), Some(&vec!["%zz".to_owned()]));
        assert_eq!(ours("a=1, b=2").get("b"), Some(&vec!["2".to_owned()]));
    }

    #[test]
    fn no_more_than_thirty_attributes() {
        let line = (0..40).map(|n| format!("a{n}=1")).collect::<Vec<_>>().join(",");
        assert_eq!(read(&line).len(), 30);
    }
}
