//! Values as programs in Go decode and write them: numbers are doubles, the members of an object are sorted by name, and of members with the
//! same name the last one counts. Neither reading nor writing recurses, so that deep values take no stack.

use std::borrow::Cow;
use std::fmt::Write;

use super::escaped::unescape;
use super::{Elements, Json, Shape, Tree};

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

/// A list or an object of which a part is written.
struct Open<'a> {
    inner: Inner<'a>,
    /// The text before the next element or member.
    before: &'static str,
    end: &'static str,
}

/// The elements or the members that are still to be written.
enum Inner<'a> {
    List(Elements<'a>),
    Object(std::vec::IntoIter<Member<'a>>),
}

type Member<'a> = (Cow<'a, str>, Json<'a>);

/// Writes a value, which must be JSON.
///
/// # Errors
/// Fails for a number beyond the range of doubles, and for values that are nested too deeply.
pub(crate) fn write(json: &str, writing: Writing) -> Result<String, Unwritable> {
    let tree = Tree::of_json(json);
    if tree.depth() > DEEPEST {
        return Err(Unwritable::Depth);
    }
    let (object, comma, end_of_object) = match writing {
        Writing::Json => ("{", ",", "}"),
        Writing::Plain => ("map[", " ", "]"),
    };
    let mut out = String::new();
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut next = Some(tree.json());
    loop {
        if let Some(value) = next.take() {
            if let Shape::Is(elements) = value.list() {
                out.push('[');
                open.push(Open { inner: Inner::List(elements), before: "", end: "]" });
            } else if let Some(members) = value.members() {
                out.push_str(object);
                let inner = Inner::Object(last_by_name(members.collect()).into_iter());
                open.push(Open { inner, before: "", end: end_of_object });
            } else {
                write_scalar(&mut out, value.get(), writing)?;
            }
        }
        let Some(outer) = open.last_mut() else { return Ok(out) };
        let found = match &mut outer.inner {
            Inner::List(elements) => elements.next().map(|value| (None, value)),
            Inner::Object(members) => members.next().map(|(name, value)| (Some(name), value)),
        };
        let Some((name, value)) = found else {
            out.push_str(outer.end);
            open.pop();
            continue;
        };
        out.push_str(outer.before);
        outer.before = comma;
        if let Some(name) = name {
            write_text(&mut out, &name, writing);
            out.push(':');
        }
        next = Some(value);
    }
}

/// Returns the members sorted by name. Of members with the same name, the last one is kept.
fn last_by_name(mut members: Vec<Member<'_>>) -> Vec<Member<'_>> {
    members.reverse();
    members.sort_by(|left, right| left.0.cmp(&right.0));
    members.dedup_by(|later, kept| later.0 == kept.0);
    members
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
