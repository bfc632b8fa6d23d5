//! Replaces API keys in texts by their names, so that no output shows a key.

use std::borrow::Cow;

use regex::{NoExpand, Regex, RegexBuilder};

use super::scenario::Identifiers;
use super::wire::component;

/// Replaces the secret parts of keys by names such as `${reader.clientKey}`.
#[derive(Debug, Default)]
pub struct Redactor {
    secrets: Vec<HiddenSecret>,
    longest: usize,
}

#[derive(Debug)]
struct HiddenSecret {
    /// The first characters in small letters, which are the same in all forms. A text without them needs no search for the pattern.
    start: String,
    pattern: Regex,
    name: String,
}

impl Redactor {
    /// Returns a redactor for the keys of a server.
    #[must_use]
    pub fn of(identifiers: &Identifiers) -> Self {
        let mut redactor = Self::default();
        for (name, secret) in identifiers.secrets() {
            redactor.add(&name, secret);
        }
        redactor
    }

    /// Adds a secret. A secret is also found in other letters, percent-encoded, as a quoted string, and without its last character,
    /// because scenarios send it in these forms.
    pub fn add(&mut self, name: &str, secret: &str) {
        let mut characters = secret.chars();
        let Some(last) = characters.next_back().map(|last| last.to_string()) else { return };
        let first = characters.as_str();
        let plain = |text: &str| text.to_owned();
        let forms: [fn(&str) -> String; 3] = [
            component,
            |text| component(text).replace('*', "%2A"),
            |text| format!("{text:?}").trim_matches('"').to_owned(),
        ];
        let forms = forms.iter().map(|form| (form(first), form(&last)));
        let patterns: Vec<String> = std::iter::once((plain(first), plain(&last)))
            .chain(forms)
            .filter(|(first, _)| !first.is_empty())
            .map(|(first, last)| format!("{}(?:{})?", regex::escape(&first), regex::escape(&last)))
            .collect();
        if patterns.is_empty() {
            return;
        }
        // The patterns are escaped texts, so that they always compile.
        let pattern = RegexBuilder::new(&patterns.join("|")).case_insensitive(true).build();
        let start = first.chars().take_while(char::is_ascii_alphanumeric).take(8);
        let start: String = start.map(|c| c.to_ascii_lowercase()).collect();
        let name = format!("${{{name}}}");
        self.secrets.extend(pattern.ok().map(|pattern| HiddenSecret { start, pattern, name }));
        // A long secret is replaced before a shorter one that is a part of it.
        self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.pattern.as_str().len()));
        // Each byte has at most four bytes in the longest form, `%2A` with an escape.
        self.longest = self.longest.max(secret.len() * 4);
    }

    /// Returns the text without keys.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let lower = text.to_ascii_lowercase();
        let mut text = Cow::Borrowed(text);
        for HiddenSecret { start, pattern, name } in &self.secrets {
            if !lower.contains(start) {
                continue;
            }
            if let Cow::Owned(replaced) = pattern.replace_all(&text, NoExpand(name.as_str())) {
                text = Cow::Owned(replaced);
            }
        }
        text.into_owned()
    }

    /// Returns at most about `most` bytes of the text, without keys and without the beginning of a key at the end.
    #[must_use]
    pub fn beginning(&self, text: &str, most: usize) -> String {
        if text.len() <= most {
            return self.text(text);
        }
        let mut clear = self.text(cut(text, most + self.longest));
        let end = cut(&clear, clear.len().saturating_sub(self.longest).min(most)).len();
        clear.truncate(end);
        clear.push('…');
        clear
    }
}

/// Returns the longest beginning of a text with at most `most` bytes.
fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        let mut redactor = Redactor::default();
        redactor.add("short", "Secret*One-7");
        redactor.add("long", "Secret*One-7-and-more");
        redactor
    }

    #[test]
    fn keys_are_replaced_in_every_form_that_scenarios_send() {
        let redactor = redactor();
        for text in [
            "Secret*One-7",
            "secret*one-7",
            "SECRET*ONE-7",
            "Secret%2AOne-7",
            "Secret%2aOne-7",
            "Secret*One-",
        ] {
            let shown = redactor.text(&format!("a/{text}/b"));
            assert_eq!(shown, "a/${short}/b", "{text}");
        }
        assert_eq!(redactor.text("Secret*One-7-and-more"), "${long}");
        assert_eq!(redactor.text("Secret*One-7-and-mor, other"), "${long}, other");
        let mut odd = Redactor::default();
        odd.add("odd", "a \"quoted\" kéy");
        assert_eq!(odd.text("a \"quoted\" kéy"), "${odd}");
        assert_eq!(odd.text(&format!("{:?}", "a \"quoted\" kéy")), "\"${odd}\"");
        assert_eq!(odd.text(&component("a \"quoted\" kéy")), "${odd}");
    }

    #[test]
    fn a_shortened_text_does_not_end_with_a_part_of_a_key() {
        let redactor = redactor();
        for keys in [1, 50, 5000] {
            let text = "x=Secret*One-7-and-more&".repeat(keys);
            for most in 0..200 {
                let shown = redactor.beginning(&text, most);
                assert!(!shown.contains("Sec"), "{keys} {most}: {shown}");
            }
        }
        assert_eq!(redactor.beginning("short", 5), "short");
        assert_eq!(redactor.beginning(&"y".repeat(1000), 5), "yyyyy…");
    }
}
