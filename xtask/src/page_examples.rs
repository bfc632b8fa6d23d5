//! The blocks of code on pages, which run against an Edge of ours.

use std::fs;

use crate::local_edge::{Edge, KEY, SERVER_KEY};
use crate::shell::root;

const URL_OF_PAGES: &str = "http://localhost:8903";
const KEY_OF_PAGES: &str = "ENVIRONMENT/KEY";
const SERVER_KEY_OF_PAGES: &str = "ENVIRONMENT/SERVER-KEY";

/// Returns the text of a page, with the URL and the API keys of the Edge.
pub(crate) fn read(page: &str, edge: &Edge) -> Result<String, String> {
    let text = fs::read_to_string(root().join(page)).map_err(|why| format!("{page}: {why}"))?;
    let text = text.replace(URL_OF_PAGES, &edge.url()).replace(KEY_OF_PAGES, KEY);
    Ok(text.replace(SERVER_KEY_OF_PAGES, SERVER_KEY))
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
