//! The blocks of code on pages, which run against an Edge of ours.

use std::fs;

use crate::local_edge::{Edge, KEY, SERVER_KEY};
use crate::shell::root;

const URL_OF_PAGES: &str = "http://localhost:8903";
/// The keys of pages, each with the key of the Edge that is of its kind. A key with a star comes before the one that is its beginning.
const KEYS_OF_PAGES: [(&str, &str); 3] = [
    ("ENVIRONMENT/KEY*", KEY),
    ("ENVIRONMENT/KEY", SERVER_KEY),
    ("ENVIRONMENT/SERVER-KEY", SERVER_KEY),
];

/// Returns the text of a page, with the URL and the API keys of the Edge.
pub(crate) fn read(page: &str, edge: &Edge) -> Result<String, String> {
    let text = fs::read_to_string(root().join(page)).map_err(|why| format!("{page}: {why}"))?;
    Ok(with_keys(text.replace(URL_OF_PAGES, &edge.url())))
}

/// Replaces the API keys of pages by keys of the same kind.
fn with_keys(text: String) -> String {
    KEYS_OF_PAGES.iter().fold(text, |text, (of_pages, key)| text.replace(of_pages, key))
}

/// Returns the blocks of a page in a language.
pub(crate) fn blocks<'page>(
    page: &'page str,
    language: &str,
) -> impl Iterator<Item = &'page str> + use<'page> {
    let start = format!("\n```{language}\n");
    let after: Vec<&str> = page.split(start.as_str()).skip(1).collect();
    after.into_iter().filter_map(|rest| Some(rest.split_once("\n```")?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_replaced_by_one_of_its_kind() {
        let page = "ENVIRONMENT/KEY* ENVIRONMENT/KEY ENVIRONMENT/SERVER-KEY".to_owned();
        assert_eq!(with_keys(page), format!("{KEY} {SERVER_KEY} {SERVER_KEY}"));
        assert!(KEY.contains('*') && !SERVER_KEY.contains('*'));
    }
}
