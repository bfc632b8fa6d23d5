//! The records of a data file. Each record has a mark and a checksum, so that it can be recognised between any other bytes.

use std::io;

use redb::StorageBackend;

use super::file::CHUNK;
use crate::digest::{digest, digits};

/// The first bytes of every record.
const MARK: &[u8] = b"fh-edge:";
/// The length of a record's head in bytes: the mark, the payload's length in eight hexadecimal digits, its checksum in 32 digits, and a
/// colon.
const HEAD: usize = MARK.len() + 8 + 32 + 1;

/// Returns a record: a head with the payload's length and checksum, and then the payload that `write` appends.
pub(super) fn seal<E>(write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<Vec<u8>, E> {
    let mut record = vec![0; HEAD];
    write(&mut record)?;
    let payload = record.get(HEAD..).unwrap_or_default();
    let head = format!("{:08x}{}:", payload.len(), checksum(payload));
    let head = MARK.iter().chain(head.as_bytes());
    record.iter_mut().zip(head).for_each(|(byte, of_head)| *byte = *of_head);
    Ok(record)
}

/// Returns true if these bytes begin with `MARK`, as every record does. The rest of the record is not checked.
pub(super) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK)
}

/// Returns the payload of a record; `None` if the record is damaged, or if other bytes follow it.
pub(super) fn unseal(record: &[u8]) -> Option<&[u8]> {
    let (payload, rest) = first(record)?;
    rest.is_empty().then_some(payload)
}

/// Returns the payload of the record at the beginning of these bytes, and the bytes after the record. `None` if there is no whole record.
fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = length_of_payload(bytes)?;
    let (payload, rest) = bytes.get(HEAD..)?.split_at_checked(length)?;
    let is_whole = bytes.get(MARK.len() + 8..HEAD - 1)? == checksum(payload).as_bytes();
    is_whole.then_some((payload, rest))
}

/// Returns the payload's length that the head at the beginning of these bytes states; `None` if there is no head.
fn length_of_payload(bytes: &[u8]) -> Option<usize> {
    if !is_sealed(bytes) || bytes.get(HEAD - 1) != Some(&b':') {
        return None;
    }
    let digits = std::str::from_utf8(bytes.get(MARK.len()..MARK.len() + 8)?).ok()?;
    let length = usize::from_str_radix(digits, 16).ok()?;
    (format!("{length:08x}") == digits).then_some(length)
}

/// Calls `found` with the position, the length and the payload of each whole record of a file. Returns the number of incomplete records.
/// Each `MARK` outside of the whole records counts as an incomplete record. Only a part of the file is in memory at the same time.
pub(super) fn search(
    file: &impl StorageBackend,
    mut found: impl FnMut(u64, usize, &[u8]),
) -> io::Result<usize> {
    let mut part = Part { file, length: file.len()?, start: 0, bytes: Vec::new() };
    let (mut broken, mut at) = (0, 0);
    while at < part.length {
        let here = part.from(at, HEAD)?;
        let Some(mark) = next_mark(here) else {
            // A mark may begin at the end of these bytes.
            at += here.len().saturating_sub(MARK.len() - 1).max(1) as u64;
            continue;
        };
        at += mark as u64;
        let record = match length_of_payload(part.from(at, HEAD)?) {
            Some(payload) if (HEAD + payload) as u64 <= part.length - at => {
                part.from(at, HEAD + payload)?
            }
            _ => &[],
        };
        match first(record) {
            Some((payload, _)) => {
                found(at, HEAD + payload.len(), payload);
                at += (HEAD + payload.len()) as u64;
            }
            None => {
                broken += 1;
                at += MARK.len() as u64;
            }
        }
    }
    Ok(broken)
}

/// The part of a file that is in memory.
struct Part<'a, B> {
    file: &'a B,
    /// The length of the file.
    length: u64,
    /// The position of the part in the file.
    start: u64,
    bytes: Vec<u8>,
}

impl<B: StorageBackend> Part<'_, B> {
    /// Returns the bytes from a position on. There are at least `len` of them, or all up to the end of the file.
    fn from(&mut self, at: u64, len: usize) -> io::Result<&[u8]> {
        let rest = usize::try_from(self.length - at).unwrap_or(usize::MAX);
        let end = self.start + self.bytes.len() as u64;
        if end.saturating_sub(at) < rest.min(len) as u64 {
            self.bytes = self.file.read(at, rest.min(len.max(CHUNK)))?;
            self.start = at;
        }
        let from = usize::try_from(at - self.start).unwrap_or(usize::MAX);
        Ok(self.bytes.get(from..).unwrap_or_default())
    }
}

/// Returns the position of the first `MARK` in these bytes; `None` if the bytes contain no `MARK`.
fn next_mark(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        from += bytes.get(from..)?.iter().position(|byte| Some(byte) == MARK.first())?;
        if is_sealed(bytes.get(from..)?) {
            return Some(from);
        }
        from += 1;
    }
}

/// Returns the first 16 bytes of the payload's SHA-256 digest, in hexadecimal digits.
fn checksum(payload: &[u8]) -> String {
    digits(&digest(payload), 16)
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::*;

    fn sealed(payload: &[u8]) -> Vec<u8> {
        let write = |record: &mut Vec<u8>| {
            record.extend(payload);
            Ok::<(), ()>(())
        };
        seal(write).unwrap()
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let record = sealed(b"{\"version\":7}");
        assert_eq!(unseal(&record), Some(&b"{\"version\":7}"[..]));
        for at in 0..record.len() {
            for bit in 0..8 {
                let mut damaged = record.clone();
                damaged[at] ^= 1 << bit;
                assert_eq!(unseal(&damaged), None, "byte {at}, bit {bit}");
            }
            assert_eq!(unseal(&record[..at]), None);
        }
    }

    /// One record is longer than a part, and records begin at and around the ends of parts.
    #[test]
    fn whole_records_are_found_among_other_bytes() {
        let long = vec![b'x'; 3 * CHUNK];
        for before in [100, CHUNK - 3, CHUNK - MARK.len(), CHUNK - HEAD - 1, CHUNK] {
            let mut bytes = vec![0xff; before];
            bytes.extend(sealed(b"one"));
            bytes.extend(b"fh-edge:00000003");
            bytes.extend(sealed(b""));
            bytes.extend(sealed(&long));
            // A head that claims more bytes than the file has.
            bytes.extend(b"fh-edge:ffffffff");
            bytes.extend(sealed(b"two"));
            let cut = sealed(b"three");
            bytes.extend(&cut[..cut.len() - 1]);
            let file = InMemoryBackend::new();
            file.set_len(bytes.len() as u64).unwrap();
            file.write(0, &bytes).unwrap();
            let mut found = Vec::new();
            let broken = search(&file, |at, len, payload| {
                let record = &bytes[at as usize..at as usize + len];
                assert_eq!(unseal(record), Some(payload));
                found.push(payload.to_vec());
            });
            assert_eq!(broken.unwrap(), 3, "{before}");
            assert_eq!(found, [&b"one"[..], b"", &long, b"two"], "{before}");
        }
    }
}
