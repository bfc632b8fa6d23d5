//! The relation between recorded etags and the server's own.

use std::collections::HashMap;

/// A one-to-one relation of etags, for each API key and for contexts.
#[derive(Debug, Default)]
pub(super) struct Etags {
    /// From key and recorded tag to the server's tag, and back.
    tags: OneToOne<(String, String)>,
    contexts: OneToOne<String>,
    /// From keys and recorded etag to the server's etag, for requests with several keys. A server may order the parts as it likes, so each
    /// etag is stored as a whole.
    whole: HashMap<(Vec<String>, String), String>,
}

#[derive(Debug)]
struct OneToOne<K> {
    there: HashMap<K, String>,
    back: HashMap<K, K>,
}

impl<K> Default for OneToOne<K> {
    fn default() -> Self {
        Self { there: HashMap::new(), back: HashMap::new() }
    }
}

impl<K: Clone + Eq + std::hash::Hash> OneToOne<K> {
    /// Returns true if `recorded` and `ours` correspond to each other now and did so before. The first pair defines the relation.
    fn stands(&mut self, recorded: K, ours_key: K, ours: &str) -> bool {
        let there = self.there.entry(recorded.clone()).or_insert_with(|| ours.to_owned());
        let back = self.back.entry(ours_key).or_insert_with(|| recorded.clone());
        there == ours && *back == recorded
    }
}

/// Splits an etag into the tags of environments and the tag of the context.
fn parts(etag: &str) -> (Vec<&str>, Option<&str>) {
    match etag.split_once("//") {
        Some((tags, context)) => (tags.split(';').collect(), Some(context)),
        None => (etag.split(';').collect(), None),
    }
}

fn unquoted(etag: &str) -> Option<&str> {
    etag.strip_prefix('"')?.strip_suffix('"')
}

impl Etags {
    /// Returns true if `ours`, the value of an `etag` header, has the form of `recorded` and corresponds to it.
    pub(super) fn header_stands(&mut self, keys: &[String], recorded: &str, ours: &str) -> bool {
        match (unquoted(recorded), unquoted(ours)) {
            (Some(recorded), Some(ours)) => self.stands(keys, recorded, ours),
            _ => false,
        }
    }

    /// Returns true if two etags without quotes, as in ids of events, have the same form and correspond to each other.
    pub(super) fn stands(&mut self, keys: &[String], recorded: &str, ours: &str) -> bool {
        let (tags, context) = parts(recorded);
        let (our_tags, our_context) = parts(ours);
        let is_odd = |tag: &&str| tag.contains('"') || tag.contains(char::is_whitespace);
        if tags.len() != our_tags.len()
            || context.is_some() != our_context.is_some()
            || our_tags.iter().chain(&our_context).any(is_odd)
        {
            return false;
        }
        let mut all = true;
        for (at, (tag, ours)) in tags.iter().zip(our_tags).enumerate() {
            if tag.is_empty() || ours.is_empty() {
                all &= tag.is_empty() == ours.is_empty();
                continue;
            }
            let key = keys.get(at).cloned().unwrap_or_default();
            let of_key = |tag: &str| (key.clone(), tag.to_owned());
            all &= self.tags.stands(of_key(tag), of_key(ours), ours);
        }
        if let (Some(context), Some(ours)) = (context, our_context) {
            all &= self.contexts.stands(context.to_owned(), ours.to_owned(), ours);
        }
        all
    }

    /// Remembers the server's whole etag for a recorded etag of several keys.
    pub(super) fn remember(&mut self, keys: &[String], recorded: &str, ours: &str) {
        if let (Some(recorded), Some(ours)) = (unquoted(recorded), unquoted(ours))
            && keys.len() > 1
        {
            self.whole.insert((keys.to_vec(), recorded.to_owned()), ours.to_owned());
        }
    }

    /// Translates a recorded etag of a request to the server's own. Unknown parts stay as they are.
    pub(super) fn translated(&self, keys: &[String], recorded: &str) -> String {
        let (weak, strong) = match recorded.strip_prefix("W/") {
            Some(strong) => ("W/", strong),
            None => ("", recorded),
        };
        let (quote, bare) = match unquoted(strong) {
            Some(bare) => ("\"", bare),
            None => ("", strong),
        };
        if let Some(ours) = self.whole.get(&(keys.to_vec(), bare.to_owned())) {
            return format!("{weak}{quote}{ours}{quote}");
        }
        let (tags, context) = parts(bare);
        let tags = tags.into_iter().enumerate().map(|(at, tag)| {
            let key = keys.get(at).cloned().unwrap_or_default();
            self.tags.there.get(&(key, tag.to_owned())).map_or(tag, String::as_str)
        });
        let tags = tags.collect::<Vec<_>>().join(";");
        let context = context.map(|tag| self.contexts.there.get(tag).map_or(tag, String::as_str));
        let context = context.map(|tag| format!("//{tag}")).unwrap_or_default();
        format!("{weak}{quote}{tags}{context}{quote}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn one_recorded_etag_is_one_of_ours() {
        let mut etags = Etags::default();
        let one = keys(&["k"]);
        assert!(etags.header_stands(&one, "\"aa\"", "\"1\""));
        assert!(etags.header_stands(&one, "\"aa//c\"", "\"1//9\""));
        assert!(!etags.header_stands(&one, "\"aa\"", "\"2\""), "the same content, another tag");
        assert!(!etags.header_stands(&one, "\"bb\"", "\"1\""), "other content, the same tag");
        assert!(
            !etags.header_stands(&one, "\"aa//d\"", "\"1//9\""),
            "another context, the same tag"
        );
        assert!(etags.header_stands(&keys(&["other"]), "\"aa\"", "\"2\""));
    }

    #[test]
    fn forms() {
        let one = keys(&["k"]);
        for (recorded, ours) in
            [("\"a\"", "a"), ("\"a\"", "\"a//b\""), ("\"a\"", "\"a;b\""), ("\"a;\"", "\"a;b\"")]
        {
            assert!(!Etags::default().header_stands(&one, recorded, ours), "{recorded} {ours}");
        }
    }

    #[test]
    fn requests_are_translated() {
        let mut etags = Etags::default();
        assert!(etags.stands(&keys(&["k", "l"]), "aa;bb//c", "1;2//9"));
        let translated = |keys: &[String], text: &str| etags.translated(keys, text);
        assert_eq!(translated(&keys(&["k"]), "W/\"aa\""), "W/\"1\"");
        assert_eq!(translated(&keys(&["l"]), "bb//c"), "2//9");
        assert_eq!(translated(&keys(&["k", "l"]), "\"aa;bb//0\""), "\"1;2//0\"");
        assert_eq!(translated(&keys(&["k"]), "\"0123\""), "\"0123\"");
        assert_eq!(translated(&keys(&["k"]), "*"), "*");
        etags.remember(&keys(&["k", "l"]), "\"bb;aa\"", "\"1;2\"");
        let translated = |text: &str| etags.translated(&keys(&["k", "l"]), text);
        assert_eq!(translated("W/\"bb;aa\""), "W/\"1;2\"", "in the server's order");
    }
}
