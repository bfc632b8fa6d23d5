//! Reads the lists of entity tags in `If-Match` and `If-None-Match` (RFC 9110, 8.8.3 and 13.1).

/// One entity tag of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntityTag<'a> {
    /// The tag as the header contains it, with its quotes and the `W/` of a weak tag.
    pub(crate) text: &'a str,
    /// The text between the quotes. A weak tag counts as a strong one, because proxies that compress responses make etags weak.
    pub(crate) opaque: &'a str,
}

/// Returns the entity tags of a list, which commas separate. The list ends before the first part that is no entity tag, such as `*`.
pub(crate) fn entity_tags(list: &str) -> impl Iterator<Item = EntityTag<'_>> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let begin = rest.trim_start_matches([' ', '\t', ',']);
        let (opaque, after) =
            begin.strip_prefix("W/").unwrap_or(begin).strip_prefix('"')?.split_once('"')?;
        let text = begin.get(..begin.len() - after.len())?;
        rest = after.trim_start_matches([' ', '\t']);
        (rest.is_empty() || rest.starts_with(',')).then_some(EntityTag { text, opaque })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_entity_tags() {
        for (list, expected) in [
            ("", &[][..]),
            ("*", &[]),
            ("a", &[]),
            ("\"", &[]),
            ("\"a\"", &["\"a\" a"]),
            ("W/\"a\"", &["W/\"a\" a"]),
            (" \"a,b\" ,, W/\"\"\t, \"c;d//e\",", &["\"a,b\" a,b", "W/\"\" ", "\"c;d//e\" c;d//e"]),
            ("\"a\", b, \"c\"", &["\"a\" a"]),
            ("\"a\"b\", \"c\"", &[]),
        ] {
            let found: Vec<String> =
                entity_tags(list).map(|tag| format!("{} {}", tag.text, tag.opaque)).collect();
            assert_eq!(found, expected, "{list}");
        }
    }
}
