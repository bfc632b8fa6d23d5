//! Reads and writes of the two Redis keys of an environment. Writes are optimistic transactions, so that a write fails if
//! another program writes at the same time.

use redis::{Connection, RedisError, Value};

use crate::change::{Authority, Change};
use crate::keys::Keys;
use crate::list::List;

/// The maximum size of a list in bytes. A larger list is neither read nor written, and an error is reported.
pub(crate) const LARGEST: usize = 16 * 1024 * 1024;
/// The offset of the last byte that is read of a digest. Further bytes are ignored. The limit is larger than a SHA-256, because
/// another program may write a digest of another kind.
const LONGEST_DIGEST: isize = 128;

/// The result of one attempt to write a change.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// No write was necessary. The value is the stored digest if it equals the digest of the received list, otherwise `None`.
    Unchanged(Option<String>),
    /// The list and its digest were written.
    Written(Written),
    /// The change was not written, because another program wrote at the same time.
    Conflict,
}

/// The list and the digest that were written.
#[derive(Debug, PartialEq)]
pub(crate) struct Written {
    pub(crate) digest: String,
    pub(crate) json: String,
    /// The data that Redis had before this write.
    pub(crate) base: Base,
}

/// The kind of data that Redis had before a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// A list with the digest that this store last read or wrote.
    Seen,
    /// A list with another digest or without a digest, which another program may have written.
    Foreign,
    /// No list, or a list that cannot be parsed.
    Nothing,
}

/// The reason why a read or write failed.
#[derive(Debug)]
pub(crate) enum Failure {
    Redis(RedisError),
    /// The list is larger than [`LARGEST`]. The value is the size of the list in bytes.
    TooLarge(usize),
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        Self::Redis(error)
    }
}

/// Returns the digest stored in Redis, cut to 129 bytes, or `None` if no digest or an empty text is stored.
pub(crate) fn stored_digest(
    connection: &mut Connection,
    keys: &Keys,
) -> Result<Option<String>, Failure> {
    let digest: Vec<u8> =
        redis::cmd("GETRANGE").arg(&keys.digest).arg(0).arg(LONGEST_DIGEST).query(connection)?;
    Ok(text_of(digest))
}

fn text_of(digest: Vec<u8>) -> Option<String> {
    (!digest.is_empty()).then(|| String::from_utf8_lossy(&digest).into_owned())
}

/// Returns the unparsed bytes of the list stored in Redis, or `None` if no list or an empty text is stored. Fails if the list
/// is larger than [`LARGEST`].
pub(crate) fn stored_list(
    connection: &mut Connection,
    keys: &Keys,
) -> Result<Option<Vec<u8>>, Failure> {
    let size: usize = redis::cmd("STRLEN").arg(&keys.list).query(connection)?;
    match size {
        0 => Ok(None),
        1..=LARGEST => Ok(redis::cmd("GET").arg(&keys.list).query(connection)?),
        _ => Err(Failure::TooLarge(size)),
    }
}

/// Writes a change, unless the stored list needs no change or another program writes at the same time. `seen` is the digest that this store
/// last read or wrote. Fails if the stored list or the list to write is larger than [`LARGEST`].
pub(crate) fn attempt(
    connection: &mut Connection,
    keys: &Keys,
    change: &Change<'_>,
    seen: Option<&str>,
) -> Result<Outcome, Failure> {
    let ((), digest): ((), Vec<u8>) = redis::pipe()
        .cmd("WATCH")
        .arg(&keys.list)
        .arg(&keys.digest)
        .cmd("GETRANGE")
        .arg(&keys.digest)
        .arg(0)
        .arg(LONGEST_DIGEST)
        .query(connection)?;
    let digest = text_of(digest);
    if let Change::List(incoming, _) = change
        && digest.as_deref() == Some(incoming.digest().as_str())
    {
        unwatch(connection)?;
        return Ok(Outcome::Unchanged(digest));
    }
    let bytes = match stored_list(connection, keys) {
        Err(failure @ Failure::TooLarge(_)) => {
            unwatch(connection)?;
            return Err(failure);
        }
        other => other?,
    };
    let text = bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
    // A stored list that cannot be parsed counts as missing.
    let stored = text.and_then(|text| List::parse(text).ok());
    let base = match (&stored, digest.as_deref()) {
        (None, _) => Base::Nothing,
        (Some(_), digest) if digest == seen && digest.is_some() => Base::Seen,
        (Some(_), _) => Base::Foreign,
    };
    let Some(list) = decide(change, stored.as_ref(), digest.as_deref(), base) else {
        unwatch(connection)?;
        return Ok(Outcome::Unchanged(None));
    };
    let (digest, json) = (list.digest(), list.to_json());
    if json.len() > LARGEST {
        unwatch(connection)?;
        return Err(Failure::TooLarge(json.len()));
    }
    let done: Option<Value> = redis::pipe()
        .atomic()
        .cmd("SET")
        .arg(&keys.digest)
        .arg(&digest)
        .cmd("SET")
        .arg(&keys.list)
        .arg(&json)
        .query(connection)?;
    Ok(match done {
        Some(_) => Outcome::Written(Written { digest, json, base }),
        None => Outcome::Conflict,
    })
}

fn unwatch(connection: &mut Connection) -> Result<(), Failure> {
    Ok(redis::cmd("UNWATCH").query(connection)?)
}

/// Returns the list to write, or `None` if the stored list needs no change.
fn decide<'a>(
    change: &Change<'a>,
    stored: Option<&List<'a>>,
    digest: Option<&str>,
    base: Base,
) -> Option<List<'a>> {
    match change {
        Change::List(incoming, authority) => {
            let stored = match (stored, digest, authority) {
                // Without a stored list, the new list is written unchanged. A list of the Edge also replaces a stored list that
                // has no digest.
                (None, _, _) | (Some(_), None, Authority::All) => return Some(incoming.clone()),
                (Some(stored), None, Authority::Some) => return Some(incoming.merged_into(stored)),
                (Some(stored), Some(_), _) => stored,
            };
            if !incoming.has_newer_than(stored) {
                return None;
            }
            // If the stored list has a digest, a list removes features only if this store last read or wrote that digest. Otherwise a
            // missing feature may be a new feature of another program.
            if base == Base::Seen && *authority == Authority::All {
                Some(incoming.clone())
            } else {
                Some(incoming.merged_into(stored))
            }
        }
        Change::Feature(state) => stored.unwrap_or(&List::default()).with(state),
        Change::Delete(id) => stored?.without(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &str = r#"[{"id":"a","version":3},{"id":"b","version":3}]"#;

    fn decided(incoming: &str, authority: Authority, base: Base) -> Option<String> {
        let stored = List::parse(STORED).unwrap();
        let change = Change::List(List::parse(incoming).unwrap(), authority);
        decide(&change, Some(&stored), Some("digest"), base).map(|list| list.to_json())
    }

    #[test]
    fn only_the_sole_writer_removes() {
        let incoming = r#"[{"id":"a","version":4}]"#;
        let merged = r#"[{"id":"a","version":4},{"id":"b","version":3}]"#;
        let all = decided(incoming, Authority::All, Base::Seen);
        assert_eq!(all.as_deref(), Some(incoming));
        let all = decided(incoming, Authority::All, Base::Foreign);
        assert_eq!(all.as_deref(), Some(merged));
        let some = decided(incoming, Authority::Some, Base::Seen);
        assert_eq!(some.as_deref(), Some(merged));
    }

    #[test]
    fn a_list_with_nothing_newer_is_not_written() {
        for incoming in ["[]", r#"[{"id":"a","version":3}]"#, r#"[{"id":"b","version":1}]"#] {
            for base in [Base::Seen, Base::Foreign] {
                assert_eq!(decided(incoming, Authority::All, base), None, "{incoming}");
            }
        }
    }

    #[test]
    fn without_stored_features_a_list_is_written_even_an_empty_one() {
        let change = Change::List(List::default(), Authority::All);
        assert_eq!(decide(&change, None, None, Base::Nothing), Some(List::default()));
        let stored = List::parse(STORED).unwrap();
        assert_eq!(decide(&change, Some(&stored), None, Base::Foreign), Some(List::default()));
    }

    #[test]
    fn nothing_is_deleted_from_nothing() {
        let change = Change::Delete("a".to_string());
        assert_eq!(decide(&change, None, None, Base::Nothing), None);
    }
}
