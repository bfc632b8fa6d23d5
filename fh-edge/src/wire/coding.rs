//! `Accept-Encoding`: who takes compressed answers.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// Smaller bodies fit into one packet as they are.
const LEAST: usize = 1024;

/// Does the asker take gzip, and say so? (RFC 9110, 12.5.3)
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let mut by_star = false;
    for item in lines.flat_map(|line| line.split(',')) {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let name = name.trim();
        let weight = weight.split_once('=').map_or("1", |(_, weight)| weight.trim());
        // `0`, `0.0` and the like mean "not this".
        let is_wanted = weight.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
        if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            return is_wanted;
        }
        by_star |= name == "*" && is_wanted;
    }
    by_star
}

/// The body compressed; `None` if that saves less than half of it.
pub(crate) fn gzip(body: &[u8], effort: Compression) -> Option<Vec<u8>> {
    if body.len() < LEAST {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), effort);
    // Writing to memory cannot fail.
    encoder.write_all(body).ok()?;
    let mut compressed = encoder.finish().ok()?;
    compressed.shrink_to_fit();
    (compressed.len() <= body.len() / 2).then_some(compressed)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn who_takes_gzip() {
        let accepts = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(ACCEPT_ENCODING, line.parse().unwrap());
            }
            accepts_gzip(&headers)
        };
        for lines in [
            &["gzip"][..],
            &["br, GZip"],
            &["deflate", "x-gzip;q=0.5"],
            &["*"],
            &["identity;q=0.5, *;q=0.1"],
            &["gzip ; q=0.001"],
        ] {
            assert!(accepts(lines), "{lines:?}");
        }
        for lines in [
            &[][..],
            &[""],
            &["identity"],
            &["br, deflate"],
            &["gzip;q=0"],
            &["gzip;q=0.000, *"],
            &["*;q=0"],
            &["gzipped"],
        ] {
            assert!(!accepts(lines), "{lines:?}");
        }
    }

    #[test]
    fn what_is_compressed() {
        let text = "feature ".repeat(1000);
        let compressed = gzip(text.as_bytes(), Compression::fast()).unwrap();
        let mut read = String::new();
        flate2::read::GzDecoder::new(&*compressed).read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
        assert_eq!(gzip(&text.as_bytes()[..LEAST - 1], Compression::fast()), None);
        // Nothing is gained where nothing repeats.
        let mut noise = 7_u64;
        let noise = std::iter::repeat_with(|| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (noise >> 56) as u8
        });
        let noise: Vec<u8> = noise.take(4096).collect();
        assert_eq!(gzip(&noise, Compression::fast()), None);
    }
}
