//! Reads when a certificate expires, and decides when to log a warning about it.
//!
//! Only the date is parsed, because a crate that parses whole certificates would add a dozen dependencies.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// The maximum time before the expiry of a certificate at which warnings are logged.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// Returns the time at which a certificate in DER form expires (RFC 5280, 4.1). Returns `None` if this time cannot be parsed, or is before
/// 1970.
pub(super) fn not_after(der: &[u8]) -> Option<SystemTime> {
    let (certificate, _) = take(der, SEQUENCE)?;
    let (mut fields, _) = take(certificate, SEQUENCE)?;
    if let Some((_, rest)) = take(fields, VERSION) {
        fields = rest;
    }
    // The serial number, signature algorithm and issuer are skipped.
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        (_, fields) = take(fields, tag)?;
    }
    let (validity, _) = take(fields, SEQUENCE)?;
    let (_, _, not_after) = element(validity)?;
    match element(not_after)? {
        (UTC_TIME, text, _) => {
            let (year, rest) = number(text, 2)?;
            time(year + if year < 50 { 2000 } else { 1900 }, rest)
        }
        (GENERALIZED_TIME, text, _) => {
            let (year, rest) = number(text, 4)?;
            time(year, rest)
        }
        _ => None,
    }
}

/// Returns the content of the first DER element and the bytes after the element. Returns `None` if the element cannot be read or does not
/// have the tag `wanted`.
fn take(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = element(der)?;
    (tag == wanted).then_some((content, rest))
}

/// Returns the tag and content of the first DER element, and the bytes after the element. Returns `None` if the element is incomplete, or
/// if its length is indefinite or written in more than 4 bytes.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..0x80 => (usize::from(short), rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            if bytes.is_empty() || bytes.len() > 4 {
                return None;
            }
            let length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            (length, rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// Returns the number in the first `digits` bytes of a text, and the text after them. Returns `None` if the text is shorter, or if one of
/// these bytes is not a digit.
fn number(text: &[u8], digits: usize) -> Option<(u64, &[u8])> {
    let (digits, rest) = text.split_at_checked(digits)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, rest))
}

/// Converts a year and a text of the form `MMDDHHMMSSZ` to a time. Returns `None` if the text has another form or a number out of range, or
/// if the year is before 1970.
fn time(year: u64, text: &[u8]) -> Option<SystemTime> {
    let (month, rest) = number(text, 2)?;
    let (day, rest) = number(rest, 2)?;
    let (hour, rest) = number(rest, 2)?;
    let (minute, rest) = number(rest, 2)?;
    let (second, rest) = number(rest, 2)?;
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day) && year >= 1970;
    if !is_date || rest != b"Z" || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // The calculation begins years with March, so that the leap day is the last day of a year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let since_march = (153 * month + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + since_march;
    // In this count of days, 1 January 1970 is day 719,468.
    let days = days.checked_sub(719_468)?;
    UNIX_EPOCH.checked_add(Duration::from_secs(days * 86_400 + hour * 3600 + minute * 60 + second))
}

/// A warning about a certificate in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The certificate expires within two weeks. The number of whole days until then is `days`.
    Soon { days: u64 },
    /// The certificate expired `days` whole days ago.
    Expired { days: u64 },
}

/// The schedule of warnings about the certificate of one file. From two weeks before the certificate expires, a warning is due once a day,
/// also after the expiry. The first warning after the expiry is due at once.
#[derive(Debug, Default)]
pub(super) struct ExpiryNotices {
    last: Option<(SystemTime, bool)>,
}

impl ExpiryNotices {
    /// Returns the warning to be logged now; `None` if no warning is due.
    pub(super) fn due(&mut self, not_after: SystemTime, now: SystemTime) -> Option<Notice> {
        let days = |time: Duration| time.as_secs() / DAY.as_secs();
        let notice = match not_after.duration_since(now) {
            Ok(left) if left > SOON => {
                self.last = None;
                return None;
            }
            Ok(left) => Notice::Soon { days: days(left) },
            Err(since) => Notice::Expired { days: days(since.duration()) },
        };
        let is_expired = matches!(notice, Notice::Expired { .. });
        let is_said = self.last.is_some_and(|(at, was_expired)| {
            was_expired == is_expired && now.duration_since(at).is_ok_and(|since| since < DAY)
        });
        if is_said {
            return None;
        }
        self.last = Some((now, is_expired));
        Some(notice)
    }
}

#[cfg(test)]
mod tests {
    use fh_test::certificates::Authority;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    fn seconds(time: SystemTime) -> u64 {
        time.duration_since(UNIX_EPOCH).unwrap().as_secs()
    }

    #[test]
    fn dates_are_read() {
        for (year, text, expected) in [
            (1970, "0101000000Z", 0),
            (1999, "1231235959Z", 946_684_799),
            (2000, "0229120000Z", 951_825_600),
            (2024, "0301000000Z", 1_709_251_200),
            (2100, "0301000000Z", 4_107_542_400),
            (9999, "1231235959Z", 253_402_300_799),
        ] {
            assert_eq!(time(year, text.as_bytes()).map(seconds), Some(expected), "{year} {text}");
        }
        for wrong in [
            "",
            "0101000000",
            "1301000000Z",
            "0100000000Z",
            "0101240000Z",
            "01010000xxZ",
            "01010000+5Z",
        ] {
            assert_eq!(time(2026, wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(time(1969, b"1231235959Z"), None);
    }

    #[test]
    fn the_end_of_a_certificate_is_read() {
        for days in [-3, 1, 30, 20_000] {
            let certificate = Authority::new("of this test").issue("localhost", -10..days);
            let der = CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap();
            let end = i64::try_from(seconds(not_after(&der).unwrap())).unwrap();
            let expected = i64::try_from(seconds(SystemTime::now())).unwrap() + days * 86_400;
            // The test authority adds a minute to the validity.
            assert!((expected..=expected + 60).contains(&end), "{days}: {end} {expected}");
            for length in 0..der.len() {
                assert_eq!(not_after(&der[..length]), None, "cut at {length}");
            }
        }
        for wrong in
            [&[][..], &[0x30], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0x30, 0x80], &[0; 64]]
        {
            assert_eq!(not_after(wrong), None);
        }
    }

    #[test]
    fn once_a_day_from_two_weeks_before() {
        let end = UNIX_EPOCH + 1000 * DAY;
        let mut notices = ExpiryNotices::default();
        let minute = Duration::from_secs(60);
        assert_eq!(notices.due(end, end - SOON - minute), None);
        assert_eq!(notices.due(end, end - SOON), Some(Notice::Soon { days: 14 }));
        assert_eq!(notices.due(end, end - SOON + minute), None);
        assert_eq!(notices.due(end, end - SOON + DAY), Some(Notice::Soon { days: 13 }));
        assert_eq!(notices.due(end, end - minute), Some(Notice::Soon { days: 0 }));
        // A warning is logged at once when the certificate expires.
        assert_eq!(notices.due(end, end + minute), Some(Notice::Expired { days: 0 }));
        assert_eq!(notices.due(end, end + 2 * minute), None);
        assert_eq!(notices.due(end, end + DAY + minute), Some(Notice::Expired { days: 1 }));
        // For a renewed certificate, no warning is due.
        assert_eq!(notices.due(end + 90 * DAY, end + DAY + minute), None);
    }
}
