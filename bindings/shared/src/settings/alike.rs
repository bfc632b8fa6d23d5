//! Advice for the name of a setting that does not exist.

use fh_files::closest;

use super::setting::Setting;
use crate::language::Spelling;

/// The largest number of settings that an error names.
const NAMED: usize = 3;

/// Returns the advice to write the setting whose name is close to the given one, and those whose whole name is a word of it; or else the
/// settings that share a word with it.
///
/// ```
/// use fh_binding::language::Spelling;
/// use fh_binding::settings::{SETTINGS, alike};
/// let advice = |name| alike(name, || SETTINGS.iter(), Spelling::Camel);
/// assert_eq!(advice("snapshotfile").as_deref(), Some("write snapshotFile"));
/// assert_eq!(advice("refreshInterval").as_deref(), Some("write interval"));
/// assert_eq!(advice("snapshot").as_deref(), Some("write snapshotFile, snapshotMaxAge or snapshotAtStart"));
/// assert_eq!(advice("colour"), None);
/// ```
#[must_use]
pub fn alike<S: Iterator<Item = &'static Setting>>(
    name: &str,
    settings: impl Fn() -> S,
    spelling: Spelling,
) -> Option<String> {
    let names = || settings().map(|setting| setting.name);
    let name = snake(name);
    let given: Vec<&str> = words(&name).collect();
    let similar = closest(&name, names());
    let is_word = |name: &&str| given.contains(name) && similar != Some(*name);
    let mut found: Vec<&str> = similar.into_iter().chain(names().filter(is_word)).collect();
    if found.is_empty() {
        let shares = |name: &&str| words(name).any(|word| given.contains(&word));
        found.extend(names().filter(shares).take(NAMED));
    }
    let mut found: Vec<String> = found.into_iter().map(|name| spelling.spell(name)).collect();
    let last = found.pop()?;
    Some(match found.join(", ") {
        others if others.is_empty() => format!("write {last}"),
        others => format!("write {others} or {last}"),
    })
}

/// Returns a name of either spelling as [`Spelling::Snake`].
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// Returns the words of a name in the singular.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split('_').map(|word| word.trim_end_matches('s')).filter(|word| !word.is_empty())
}
