//! JSON as text: the server forwards flags, segments and echoes as they were written, so their texts are never rebuilt from values.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in their order, with the texts of their values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Object)
    }
}

impl Members {
    /// Reads an object. Any other text is an error.
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Returns the text of a member. If the name occurs several times, the last member counts.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.last(|known| known == name)
    }

    /// Returns the text of a member whose name may be written in any case.
    pub(crate) fn get_ignoring_case(&self, name: &str) -> Option<&str> {
        self.last(|known| known.eq_ignore_ascii_case(name))
    }

    fn last(&self, is_it: impl Fn(&str) -> bool) -> Option<&str> {
        self.0.iter().rev().find(|(name, _)| is_it(name)).map(|(_, value)| value.get())
    }

    /// Returns the text of a member that is a string.
    pub(crate) fn string(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }

    /// Replaces a member, or adds it at the end.
    pub(crate) fn set(&mut self, name: &str, value: Box<RawValue>) {
        match self.0.iter_mut().rev().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Returns the text of the object. The texts of its values are unchanged.
    pub(crate) fn to_text(&self) -> String {
        let member = |(name, value): &(String, Box<RawValue>)| {
            format!("{}:{value}", serde_json::Value::from(name.as_str()))
        };
        let members: Vec<String> = self.0.iter().map(member).collect();
        format!("{{{}}}", members.join(","))
    }
}

/// Returns the elements of a list, or nothing if the text is no list.
pub(crate) fn elements(text: &str) -> Option<Vec<Box<RawValue>>> {
    serde_json::from_str(text).ok()
}

/// Returns the depth of nested lists and objects in valid JSON.
pub(crate) fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for token in Tokens(text) {
        match token {
            "{" | "[" => depth += 1,
            "}" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Returns valid JSON without the spaces between its tokens, or nothing if a string has a lone surrogate, which cannot be sent.
pub(crate) fn compact(text: &str) -> Option<String> {
    let mut compact = String::with_capacity(text.len());
    for token in Tokens(text) {
        if token.starts_with('"') && serde_json::from_str::<String>(token).is_err() {
            return None;
        }
        if !token.trim().is_empty() {
            compact.push_str(token);
        }
    }
    Some(compact)
}

/// The strings of valid JSON, and all other characters one by one.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let first = self.0.chars().next()?;
        let length = if first == '"' { string_length(self.0) } else { first.len_utf8() };
        let (token, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(token)
    }
}

fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_member_leaves_all_other_text_as_it_was() {
        let text = r#"{"a":1.0,"big":1e400,"updatedAt":"old","s":"\u0041"}"#;
        let mut members = Members::parse(text).unwrap();
        members.set("updatedAt", RawValue::from_string("\"new\"".to_owned()).unwrap());
        members.set("b", RawValue::from_string("[1]".to_owned()).unwrap());
        let expected = r#"{"a":1.0,"big":1e400,"updatedAt":"new","s":"\u0041","b":[1]}"#;
        assert_eq!(members.to_text(), expected);
    }

    #[test]
    fn depth_and_compact_text() {
        assert_eq!(depth(r#"{"[[":[[1],"\"]"]}"#), 3);
        assert_eq!(compact("{ \"a b\" : [ 1 , 2 ] }\n").as_deref(), Some(r#"{"a b":[1,2]}"#));
        assert_eq!(compact(r#""\ud800""#), None);
    }
}
