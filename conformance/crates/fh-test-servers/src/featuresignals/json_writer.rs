//! JSON as Go's encoder writes it, from values whose numbers are in Go's form already.

use fh_test::json::Json;

/// Returns a value without spaces, followed by a line feed. Members keep their order.
pub(crate) fn document(value: &Json) -> String {
    let mut text = String::new();
    write(&mut text, value);
    text.push('\n');
    text
}

fn write(to: &mut String, value: &Json) {
    match value {
        Json::Null => to.push_str("null"),
        Json::Bool(value) => to.push_str(if *value { "true" } else { "false" }),
        Json::Number(number) => to.push_str(number),
        Json::Text(text) => quote(to, text),
        Json::List(elements) => {
            to.push('[');
            for (index, element) in elements.iter().enumerate() {
                to.push_str(if index == 0 { "" } else { "," });
                write(to, element);
            }
            to.push(']');
        }
        Json::Object(members) => {
            to.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                to.push_str(if index == 0 { "" } else { "," });
                quote(to, name);
                to.push(':');
                write(to, value);
            }
            to.push('}');
        }
    }
}

fn quote(to: &mut String, text: &str) {
    to.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => to.extend(['\\', c]),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            '\u{8}' => to.push_str("\\b"),
            '\u{c}' => to.push_str("\\f"),
            '\0'..' ' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                to.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => to.push(c),
        }
    }
    to.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_line_separators_are_escaped() {
        let value = Json::object([("<a>", Json::from("&\u{2028}\u{2029}\u{1}\"\u{7f}é"))]);
        let expected = "{\"\\u003ca\\u003e\":\"\\u0026\\u2028\\u2029\\u0001\\\"\u{7f}é\"}\n";
        assert_eq!(document(&value), expected);
    }
}
