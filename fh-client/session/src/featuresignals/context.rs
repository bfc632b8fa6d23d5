//! Contexts as a server receives them.

use std::fmt::Write;

use fh_eval::Attributes;
use fh_repository::problem::Problem;

/// The name of the user key among the attributes of a context.
const KEY: &str = "key";
/// The user key for which the server evaluates a context without a key.
const ANONYMOUS: &str = "anonymous";

/// Checks that a server can evaluate a context.
///
/// # Errors
/// [`Problem::EmptyKey`] if the context has an empty user key.
pub fn check(context: &Attributes) -> Result<(), Problem> {
    if user_key(context).is_empty() { Err(Problem::EmptyKey) } else { Ok(()) }
}

/// Returns the user key of a context.
pub(super) fn user_key(context: &Attributes) -> &str {
    context.get(KEY).and_then(|mut values| values.next()).unwrap_or(ANONYMOUS)
}

/// Returns true if a context has attributes besides its user key.
pub(super) fn has_attributes(context: &Attributes) -> bool {
    context.iter().any(|(name, _)| name != KEY)
}

/// Returns the body of a request for these flags and this context.
pub(super) fn bulk_body(flag_keys: &[Box<str>], context: &Attributes) -> String {
    let mut body = String::from("{\"flag_keys\":");
    write_list(&mut body, flag_keys.iter().map(|key| &**key));
    body.push_str(",\"context\":{\"key\":");
    write_text(&mut body, user_key(context));
    body.push_str(",\"attributes\":{");
    for (at, (name, values)) in context.iter().filter(|(name, _)| *name != KEY).enumerate() {
        if at > 0 {
            body.push(',');
        }
        write_text(&mut body, name);
        body.push(':');
        let values: Vec<&str> = values.collect();
        // The server makes one text of a list.
        match values.as_slice() {
            [value] => write_text(&mut body, value),
            several => write_list(&mut body, several.iter().copied()),
        }
    }
    body.push_str("}}}");
    body
}

fn write_list<'a>(body: &mut String, texts: impl Iterator<Item = &'a str>) {
    body.push('[');
    for (at, text) in texts.enumerate() {
        if at > 0 {
            body.push(',');
        }
        write_text(body, text);
    }
    body.push(']');
}

fn write_text(body: &mut String, text: &str) {
    // Neither can fail: a text is always JSON, and a text takes all writes.
    let _ = write!(body, "{}", serde_json::to_string(text).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_hold_the_texts_of_the_context() {
        let bob = Attributes::builder()
            .attribute("key", "bob")
            .attribute("plan", "a \"b\"")
            .attribute("tags", ["x", "y"])
            .build();
        assert_eq!(
            bulk_body(&["f".into(), "g".into()], &bob),
            r#"{"flag_keys":["f","g"],"context":{"key":"bob","attributes":{"plan":"a \"b\"","tags":["x","y"]}}}"#
        );
        assert_eq!((user_key(&Attributes::default()), has_attributes(&bob)), ("anonymous", true));
        let empty = Attributes::builder().attribute("key", "").build();
        assert_eq!((check(&empty), check(&bob)), (Err(Problem::EmptyKey), Ok(())));
    }
}
