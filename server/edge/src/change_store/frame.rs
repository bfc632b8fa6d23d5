//! The records of a data file. Each record has a mark and a checksum, so that it can be recognised between any other bytes.

/// The first bytes of every record.
const MARK: &[u8] = b"fh-edge:";
/// The length of a record's head in bytes: the mark, the payload's length in eight hexadecimal digits, its checksum in 32 digits, and a
/// colon.
const HEAD: usize = MARK.len() + 8 + 32 + 1;

/// Returns the record of a payload: a head with the payload's length and checksum, and then the payload.
pub(super) fn seal(payload: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(HEAD + payload.len());
    record.extend_from_slice(MARK);
    record.extend_from_slice(format!("{:08x}{}:", payload.len(), checksum(payload)).as_bytes());
    record.extend_from_slice(payload);
    record
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
    let digits = |from: usize, to: usize| std::str::from_utf8(bytes.get(from..to)?).ok();
    if !is_sealed(bytes) || bytes.get(HEAD - 1) != Some(&b':') {
        return None;
    }
    let length = digits(MARK.len(), MARK.len() + 8)?;
    let bytes_of_payload = usize::from_str_radix(length, 16).ok()?;
    let (payload, rest) = bytes.get(HEAD..)?.split_at_checked(bytes_of_payload)?;
    let is_whole = format!("{bytes_of_payload:08x}") == length
        && digits(MARK.len() + 8, HEAD - 1)? == checksum(payload);
    is_whole.then_some((payload, rest))
}

/// Returns the payloads of all whole records in these bytes, and the number of incomplete records. Each `MARK` outside of the whole records
/// counts as an incomplete record.
pub(super) fn search(bytes: &[u8]) -> (Vec<&[u8]>, usize) {
    let (mut payloads, mut broken, mut rest) = (Vec::new(), 0, bytes);
    while let Some(at) = next_mark(rest) {
        let here = rest.get(at..).unwrap_or_default();
        rest = match first(here) {
            Some((payload, behind)) => {
                payloads.push(payload);
                behind
            }
            None => {
                broken += 1;
                here.get(MARK.len()..).unwrap_or_default()
            }
        };
    }
    (payloads, broken)
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
    let digest = hmac_sha256::Hash::hash(payload);
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_is_noticed() {
        let record = seal(b"{\"version\":7}");
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

    #[test]
    fn whole_records_are_found_among_other_bytes() {
        let mut bytes = vec![0xff; 100];
        bytes.extend(seal(b"one"));
        bytes.extend(b"fh-edge:00000003");
        bytes.extend(seal(b""));
        bytes.extend(seal(b"two"));
        let cut = seal(b"three");
        bytes.extend(&cut[..cut.len() - 1]);
        assert_eq!(search(&bytes), (vec![&b"one"[..], b"", b"two"], 2));
    }
}
