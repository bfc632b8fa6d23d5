//! The evaluation context: attributes and their values.

use crate::answer::Unreadable;
use crate::json::Token;

/// Attribute names and their values. A name without values counts as a missing attribute. If two entries have the same name, the last one
/// counts.
pub type Context = Vec<(String, Vec<String>)>;

/// Reads a context from JSON: an object of scalars or lists of scalars.
///
/// Numbers keep their text. Null and other values that are not scalars are left out, also inside lists. A JSON null returns `None`: no
/// context.
///
/// # Errors
/// If the text is not JSON, or neither an object nor null.
pub fn context_from_json(text: &str) -> Result<Option<Context>, Unreadable> {
    let token = Token::document(text, None)?;
    if token.is_null() {
        return Ok(None);
    }
    let members =
        token.members().ok_or_else(|| Unreadable::new("a context is an object or null"))?;
    let mut context: Context = Vec::new();
    for (name, value) in members {
        let values = match value.elements() {
            Some(elements) => elements.into_iter().filter_map(scalar).collect(),
            None => scalar(value).into_iter().collect(),
        };
        context.push((name, values));
    }
    Ok(Some(context))
}

fn scalar(token: Token<'_>) -> Option<String> {
    let plain = token.number().is_some() || token.boolean().is_some();
    if plain { Some(token.text().to_owned()) } else { token.string() }
}

/// Returns the values of an attribute, or `None` if it is missing or has no values.
pub(crate) fn values<'a>(context: &'a Context, name: &str) -> Option<&'a [String]> {
    let (_, values) = context.iter().rev().find(|(key, _)| key == name)?;
    (!values.is_empty()).then_some(values.as_slice())
}
