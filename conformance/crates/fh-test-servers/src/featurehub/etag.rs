//! Writes and compares etags (edge-protocol 2.3, 2.4).
/// Returns the tag of visible content: 32 hexadecimal digits, as many as those of a real server.
pub(crate) fn of_content(content: &[u8]) -> String {
    format!("{:032x}", fnv(content))
}

/// Returns the 128-bit FNV-1a hash.
pub(crate) fn fnv(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

/// Returns the text between the quotes of an etag: environment tags in the order of the keys, then the context's tag.
pub(crate) fn write(environments: &[String], context_tag: &str) -> String {
    let tags = environments.join(";");
    if context_tag == "0" { tags } else { format!("{tags}//{context_tag}") }
}

/// The result of comparing an `If-None-Match` or `Last-Event-ID` with the current etag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// The text is malformed, or belongs to another context or another number of keys.
    Invalid,
    /// The text is well formed, but the content has changed.
    Changed,
    /// The content is the one that the client has.
    Unchanged,
}

pub(crate) fn compare(received: &str, environments: &[String], context_tag: &str) -> Match {
    let received = received.trim();
    let received = received.strip_prefix("W/").unwrap_or(received);
    let bare = received.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let Some(bare) = bare else { return Match::Invalid };
    let parts: Vec<&str> = bare.split("//").collect();
    let (tags, tag) = match parts.as_slice() {
        [tags, tag] => (*tags, *tag),
        [tags, ..] => (*tags, "0"),
        [] => ("", "0"),
    };
    if tag != context_tag {
        return Match::Invalid;
    }
    let tags: Vec<&str> = tags.split(';').filter(|tag| !tag.is_empty()).collect();
    if tags.len() != environments.len() {
        return Match::Invalid;
    }
    if environments.iter().zip(tags).all(|(known, received)| known == received) {
        Match::Unchanged
    } else {
        Match::Changed
    }
}
