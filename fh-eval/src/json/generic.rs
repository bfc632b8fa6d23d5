//! Values as programs in Go decode and write them: numbers are doubles, the members of an object are sorted by name, and of members with the
//! same name the last one counts. Neither reading nor writing recurses, so that deep values take no stack.

use std::borrow::Cow;
use std::fmt::Write;

use super::unescape;

/// The deepest nesting of lists and objects that Go reads.
const DEEPEST: usize = 10_000;

/// A way of writing a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writing {
    /// JSON.
    Json,
    /// The text of Go's format `%v`, such as `[a b]`, `map[a:1 b:2]` and `<nil>`. Texts have no quotes, so that different values can have
    /// the same text.
    Plain,
}

/// The reason why a value cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwritable {
    /// A number is beyond the range of doubles.
    Number,
    /// Lists and objects are nested more than 10,000 times.
    Depth,
}

enum Node<'a> {
    /// A scalar, as JSON spells it.
    Scalar(&'a str),
    List(Vec<usize>),
    Object(Vec<(Cow<'a, str>, usize)>),
}

/// The values of a JSON text. The first one contains the others.
struct Nodes<'a>(Vec<Node<'a>>);

impl<'a> Nodes<'a> {
    /// Reads a text, which must be JSON.
    fn read(json: &'a str) -> Result<Self, Unwritable> {
        let mut nodes = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut name = None;
        let mut rest = json;
        loop {
            rest = rest.trim_ascii_start();
            let Some(first) = rest.as_bytes().first() else { return Ok(Self(nodes)) };
            let length = match first {
                b'"' => text_length(rest),
                b'[' | b'{' | b']' | b'}' | b',' | b':' => 1,
                _ => rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(rest.len()),
            };
            let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            rest = after;
            let node = match first {
                b',' | b':' => continue,
                b']' | b'}' => {
                    open.pop();
                    continue;
                }
                b'[' => Node::List(Vec::new()),
                b'{' => Node::Object(Vec::new()),
                _ => Node::Scalar(token),
            };
            let at = nodes.len();
            match open.last().and_then(|outer| nodes.get_mut(*outer)) {
                Some(Node::Object(members)) => match name.take() {
                    None => {
                        name = Some(unescape(token));
                        continue;
                    }
                    Some(name) => members.push((name, at)),
                },
                Some(Node::List(elements)) => elements.push(at),
                Some(Node::Scalar(_)) | None => {}
            }
            if !matches!(node, Node::Scalar(_)) {
                if open.len() == DEEPEST {
                    return Err(Unwritable::Depth);
                }
                open.push(at);
            }
            nodes.push(node);
        }
    }
}

/// Writes a value, which must be JSON.
///
/// # Errors
/// Fails for a number beyond the range of doubles, and for values that are nested too deeply.
pub(crate) fn write(json: &str, writing: Writing) -> Result<String, Unwritable> {
    let Nodes(mut nodes) = Nodes::read(json)?;
    let (list, object, comma, end_of_object) = match writing {
        Writing::Json => ("[", "{", ",", "}"),
        Writing::Plain => ("[", "map[", " ", "]"),
    };
    let mut out = String::new();
    // The values that are still to be written, last one first, and the texts between them.
    enum Step<'a> {
        Value(usize),
        Name(Cow<'a, str>),
        Text(&'static str),
    }
    let mut steps = vec![Step::Value(0)];
    while let Some(step) = steps.pop() {
        let node = match step {
            Step::Text(text) => {
                out.push_str(text);
                continue;
            }
            Step::Name(name) => {
                write_text(&mut out, &name, writing);
                out.push(':');
                continue;
            }
            Step::Value(at) => match nodes.get_mut(at) {
                Some(node) => node,
                None => continue,
            },
        };
        match node {
            Node::Scalar(token) => write_scalar(&mut out, token, writing)?,
            Node::List(elements) => {
                out.push_str(list);
                steps.push(Step::Text("]"));
                for (index, element) in elements.iter().enumerate().rev() {
                    steps.push(Step::Value(*element));
                    if index > 0 {
                        steps.push(Step::Text(comma));
                    }
                }
            }
            Node::Object(members) => {
                out.push_str(object);
                steps.push(Step::Text(end_of_object));
                let members = last_by_name(std::mem::take(members));
                for (index, (name, value)) in members.into_iter().enumerate().rev() {
                    steps.push(Step::Value(value));
                    steps.push(Step::Name(name));
                    if index > 0 {
                        steps.push(Step::Text(comma));
                    }
                }
            }
        }
    }
    Ok(out)
}

/// Returns the members sorted by name. Of members with the same name, the last one is kept.
fn last_by_name(mut members: Vec<(Cow<'_, str>, usize)>) -> Vec<(Cow<'_, str>, usize)> {
    members.reverse();
    members.sort_by(|left, right| left.0.cmp(&right.0));
    members.dedup_by(|later, kept| later.0 == kept.0);
    members
}

/// Returns the length of the text token at the start of `json`, with its quotes.
fn text_length(json: &str) -> usize {
    let mut is_escaped = true;
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            // The first quote begins the text.
            b'"' if !is_escaped => return at + 1,
            b'\\' if !is_escaped => is_escaped = true,
            _ => is_escaped = false,
        }
    }
    json.len()
}

fn write_scalar(out: &mut String, token: &str, writing: Writing) -> Result<(), Unwritable> {
    match token.as_bytes().first() {
        Some(b'"') => write_text(out, &unescape(token), writing),
        Some(b't' | b'f') => out.push_str(token),
        Some(b'n') if writing == Writing::Plain => out.push_str("<nil>"),
        Some(b'n') => out.push_str(token),
        _ => {
            let double: f64 = token.parse().map_err(|_| Unwritable::Number)?;
            if !double.is_finite() {
                return Err(Unwritable::Number);
            }
            out.push_str(&number(double, writing));
        }
    }
    Ok(())
}

fn write_text(out: &mut String, text: &str, writing: Writing) {
    match writing {
        Writing::Plain => out.push_str(text),
        Writing::Json => out.push_str(&serde_json::to_string(text).unwrap_or_default()),
    }
}

/// Writes a finite double with the fewest digits that give it again. JSON has an exponent below 1e-6 and from 1e21 on, the format `%v` below
/// 1e-4 and from 1e6 on, there with at least two digits.
pub(crate) fn number(double: f64, writing: Writing) -> String {
    let scientific = format!("{double:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (is_plain, digits) = match writing {
        Writing::Json => ((-6..21).contains(&exponent), 1),
        Writing::Plain => ((-4..6).contains(&exponent), 2),
    };
    if double == 0.0 || is_plain {
        return double.to_string();
    }
    let mut out = mantissa.to_string();
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(out, "e{sign}{:0digits$}", exponent.unsigned_abs());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_go() {
        for (json, written, plain) in [
            ("null", "null", "<nil>"),
            (r#" "a\"\u00e9\ud800" "#, "\"a\\\"é\u{fffd}\"", "a\"é\u{fffd}"),
            ("1e2", "100", "100"),
            ("-0", "-0", "-0"),
            ("1000000", "1000000", "1e+06"),
            ("999999", "999999", "999999"),
            ("1.7e12", "1700000000000", "1.7e+12"),
            ("0.00001", "0.00001", "1e-05"),
            ("0.0000001", "1e-7", "1e-07"),
            ("1e21", "1e+21", "1e+21"),
            ("1e100", "1e+100", "1e+100"),
            ("9007199254740993", "9007199254740992", "9.007199254740992e+15"),
            ("[]", "[]", "[]"),
            (r#"[ 1 , "a b",[null], {} ]"#, r#"[1,"a b",[null],{}]"#, "[1 a b [<nil>] map[]]"),
            (
                r#"{"b":1,"a":{"z":[true]},"b":"]\\"}"#,
                r#"{"a":{"z":[true]},"b":"]\\"}"#,
                "map[a:map[z:[true]] b:]\\]",
            ),
        ] {
            assert_eq!(write(json, Writing::Json).as_deref(), Ok(written), "{json}");
            assert_eq!(write(json, Writing::Plain).as_deref(), Ok(plain), "{json}");
        }
        assert_eq!(write("[1e400]", Writing::Json), Err(Unwritable::Number));
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(write(&nested(10_000), Writing::Plain), Ok(nested(10_000)));
        assert_eq!(write(&nested(10_001), Writing::Plain), Err(Unwritable::Depth));
    }
}
