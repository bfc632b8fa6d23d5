//! Replaces `${NAME}` in a text by a secret, such as an environment variable.

/// The reason why `${NAME}` cannot be replaced in a text. The reason may contain names, but no text that replaces a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incomplete {
    /// A `${` has no closing `}`.
    NotClosed,
    /// A name between the braces is empty or not valid, as in `${}`. The field is the name, or the beginning of a long name.
    NoName(String),
    /// The lookup returned no text for the name in the field.
    Unknown(String),
    /// The environment variable with the name in the field is not set, or its value is not valid Unicode.
    NotSet(String),
    /// A `${` occurs in a text in which nothing is replaced.
    Verbatim,
}

impl std::fmt::Display for Incomplete {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotClosed => f.write_str("${ has no } after it; a dollar itself is written $$"),
            Self::NoName(name) => {
                write!(f, "${{{name}}} names no variable; a dollar itself is written $$")
            }
            Self::Verbatim => f.write_str("${ begins a variable, which this form of file cannot have: write the key or id itself"),
            Self::Unknown(name) => write!(f, "the variable {name} has no value"),
            Self::NotSet(name) => write!(f, "the environment variable {name} is not set, or is not valid Unicode: set it before the start"),
        }
    }
}

/// Replaces each `${NAME}` by the text that `lookup` returns for `NAME`. `$$` becomes a dollar sign. A dollar sign before any other
/// character is kept. Fails if `lookup` returns `None`, if a name is not valid, or if a `}` is missing.
pub(super) fn complete(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Incomplete> {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        whole.push_str(before);
        rest = if let Some(after) = after.strip_prefix('$') {
            whole.push('$');
            after
        } else if let Some(after) = after.strip_prefix('{') {
            let (name, after) = after.split_once('}').ok_or(Incomplete::NotClosed)?;
            if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                return Err(Incomplete::NoName(super::problem::excerpt(name)));
            }
            whole.push_str(&lookup(name).ok_or_else(|| Incomplete::Unknown(name.to_owned()))?);
            after
        } else {
            whole.push('$');
            after
        };
    }
    whole.push_str(rest);
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced() {
        let lookup = |name: &str| (name == "SDK_KEY").then(|| "s3cr${et".to_owned());
        let said =
            |text: &str| complete(text, &lookup).unwrap_or_else(|error| format!("! {error}"));
        for (text, expected) in [
            ("plain", "plain"),
            ("${SDK_KEY}", "s3cr${et"),
            ("a-${SDK_KEY}*${SDK_KEY}", "a-s3cr${et*s3cr${et"),
            ("$$", "$"),
            ("$${SDK_KEY}", "${SDK_KEY}"),
            ("$$$$a$b$", "$$a$b$"),
            ("$SDK_KEY", "$SDK_KEY"),
            ("é${SDK_KEY}é", "és3cr${eté"),
            ("${OTHER}", "! the variable OTHER has no value"),
            ("${sdk_key}", "! the variable sdk_key has no value"),
            ("${SDK_KEY", "! ${ has no } after it; a dollar itself is written $$"),
            ("${}", "! ${} names no variable; a dollar itself is written $$"),
            ("${A-B}", "! ${A-B} names no variable; a dollar itself is written $$"),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }
}
