//! Arguments in commands that people copy into a shell.

use std::borrow::Cow;

/// Returns an argument as a shell reads it, in single quotes unless it has only plain characters. A key with a `*` needs quotes,
/// because zsh refuses a pattern that matches no file.
pub(crate) fn quoted(argument: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return Cow::Borrowed(argument);
    }
    Cow::Owned(format!("'{}'", argument.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_where_a_shell_would_change_them() {
        for plain in ["state.yaml", "http://127.0.0.1:8903", "e/k", "a=b,c"] {
            assert_eq!(quoted(plain), plain);
        }
        assert_eq!(quoted("e/k*y"), "'e/k*y'");
        assert_eq!(quoted("my file"), "'my file'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
