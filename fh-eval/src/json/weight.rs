//! The memory that reading a message takes, estimated from the number of its parts before they are read.

/// The largest message whose parts cannot take too much memory, in bytes.
const SMALL: usize = 350_000;
/// The memory that every message may take in addition to its share.
const FREE: usize = 32_000_000;
/// The memory that a message may take, as a multiple of its size.
const SHARE: usize = 8;

/// Memory of a list or an object that is an element of a list, such as a rule, in bytes.
const COMPOUND: usize = 256;
/// Memory of another element of a list, such as a value of a rule, in bytes.
const SCALAR: usize = 86;
/// Memory of a member of an object, in bytes.
const MEMBER: usize = 64;

/// The reason why a message is refused, after words such as `the document has`.
pub const TOO_DENSE: &str = "so many small parts that reading it would take more than 8 times its size and 32 MB of memory: split it, or leave parts out";

/// Returns true if a message has so many small parts that reading it might take more than 8 times its size and 32 MB. Then the message
/// should be refused before it is read. A text that is not JSON may be refused, too.
#[must_use]
pub fn is_too_dense(json: &str) -> bool {
    let most = json.len().saturating_mul(SHARE).saturating_add(FREE);
    json.len() > SMALL && bound(json.as_bytes()) > most && weight(json.as_bytes(), most) > most
}

/// Returns a number that the weight does not exceed, because a comma or a bracket precedes each part. Counting is much faster than weighing.
fn bound(json: &[u8]) -> usize {
    let is_separator = |byte: &u8| (*byte == b',') | (*byte == b'[') | (*byte == b'{');
    // The compiler counts in vectors of bytes, which chunks of this size do not overflow.
    let in_chunk = |chunk: &[u8]| {
        chunk.iter().fold(0_u8, |count, byte| count.wrapping_add(u8::from(is_separator(byte))))
    };
    let separators: usize = json.chunks(240).map(|chunk| usize::from(in_chunk(chunk))).sum();
    separators.saturating_mul(COMPOUND)
}

/// Returns the estimated memory; an estimate above `most` may be incomplete.
fn weight(json: &[u8], most: usize) -> usize {
    let mut weight = 0;
    // Whether each open list or object is a list.
    let mut open = Vec::new();
    let mut bytes = json.iter();
    let mut is_in_scalar = false;
    while let Some(byte) = bytes.next() {
        let is_in_list = open.last() == Some(&true);
        let was_in_scalar = std::mem::replace(&mut is_in_scalar, false);
        match byte {
            b'"' => {
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => _ = bytes.next(),
                        _ => {}
                    }
                }
                weight += if is_in_list { SCALAR } else { 0 };
            }
            b'[' | b'{' => {
                weight += if is_in_list { COMPOUND } else { 0 };
                open.push(*byte == b'[');
            }
            b']' | b'}' => _ = open.pop(),
            b':' => weight += MEMBER,
            b',' => {}
            byte if byte.is_ascii_whitespace() => {}
            _ => {
                weight += if is_in_list && !was_in_scalar { SCALAR } else { 0 };
                is_in_scalar = true;
            }
        }
        if weight > most {
            break;
        }
    }
    weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_weighed_without_their_texts() {
        for (json, expected) in [
            (r#"[1, -2.5e3 ,true,"a[1,2]\"{}:"]"#, 4 * SCALAR),
            (r#"{"a":1,"b":"x,y","c":null}"#, 3 * MEMBER),
            (r#"[{"a":[1]},[],{}]"#, 3 * COMPOUND + MEMBER + SCALAR),
            (&format!("[{}1]", "[],".repeat(1_000)), 1_000 * COMPOUND + SCALAR),
        ] {
            assert_eq!(weight(json.as_bytes(), usize::MAX), expected, "{json}");
            assert!(bound(json.as_bytes()) >= expected, "{json}");
        }
    }

    #[test]
    fn large_lists_are_read_and_dense_ones_are_not() {
        let list = |element: &str, count| format!("[{}]", vec![element; count].join(","));
        let flag = r#"{"key":"new-checkout","type":"BOOLEAN","version":1,"value":true}"#;
        for (element, count) in
            [(flag, 100_000), ("\"user-0001\"", 1_000_000), ("123456", 1_000_000)]
        {
            assert!(!is_too_dense(&list(element, count)), "{count} of {element}");
        }
        for element in ["1", "{}", "[]", "\"\""] {
            assert!(is_too_dense(&list(element, 1_000_000)), "{element}");
        }
    }
}
