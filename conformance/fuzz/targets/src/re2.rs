//! Patterns as RE2 and .NET read them: any pattern is rejected or runs. A quoted text is found where the text stands.

use fh_eval::internal::text::pattern::{Extent, Pattern};

pub fn run(texts: (&str, &str)) {
    let (pattern, text) = texts;
    for extent in [Extent::Re2, Extent::DotNet] {
        let _ = Pattern::compile(pattern, extent).is_ok_and(|compiled| compiled.is_match(text));
    }
    if !pattern.contains("\\E") {
        let quoted = Pattern::compile(&format!("\\Q{pattern}"), Extent::Re2);
        if let Ok(quoted) = quoted {
            assert_eq!(quoted.is_match(text), text.contains(pattern));
        }
    }
}
