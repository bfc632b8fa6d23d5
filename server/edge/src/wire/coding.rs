//! Compresses answers with gzip, and reads the `Accept-Encoding` header.

use std::cell::RefCell;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// The minimum size in bytes of a body that is compressed. In most networks a smaller body fits into one packet uncompressed.
const LEAST: usize = 1024;

/// Returns true if the headers say that the client accepts gzip (RFC 9110, 12.5.3).
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let mut by_star = false;
    for item in lines.flat_map(|line| line.split(',')) {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let name = name.trim();
        let weight = weight.split_once('=').map_or("1", |(_, weight)| weight.trim());
        // A weight of zero, such as `0` or `0.0`, means that the client does not accept the coding.
        let is_wanted = weight.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
        if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            return is_wanted;
        }
        by_star |= name == "*" && is_wanted;
    }
    by_star
}

/// The effort that a compression spends on a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CompressionLevel {
    /// Quick compression.
    Little,
    /// Compression to a smaller size, which takes longer.
    Much,
}

/// The head of a gzip file (RFC 1952, 2.3): deflate, no name, no time, unknown system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

thread_local! {
    /// The compressor for quick compression on this thread. The compressor is reused, because creating a compressor may take longer than
    /// compressing a small body.
    static QUICK: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

/// Returns the body compressed with gzip. Returns `None` if the body is shorter than [`LEAST`], if its length is 4 GiB or more, or if
/// compression saves less than half of the length.
pub(crate) fn gzip(body: &[u8], effort: CompressionLevel) -> Option<Vec<u8>> {
    if body.len() < LEAST {
        return None;
    }
    match effort {
        CompressionLevel::Much => write(&mut Compress::new(Compression::default(), false), body),
        CompressionLevel::Little => QUICK.with_borrow_mut(|compress| {
            compress.reset();
            write(compress, body)
        }),
    }
}

fn write(compress: &mut Compress, body: &[u8]) -> Option<Vec<u8>> {
    // The output has room for about half of the body. Compression ends early if it needs more.
    let mut out = Vec::with_capacity(body.len() / 2);
    out.extend_from_slice(&HEAD);
    let status = compress.compress_vec(body, &mut out, FlushCompress::Finish).ok()?;
    let (mut crc, length) = (Crc::new(), u32::try_from(body.len()).ok()?);
    if status != Status::StreamEnd || out.len() + 8 > body.len() / 2 {
        return None;
    }
    crc.update(body);
    out.extend_from_slice(&crc.sum().to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.shrink_to_fit();
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn accept_encoding_headers() {
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
    fn small_and_incompressible_bodies_stay_uncompressed() {
        for effort in [CompressionLevel::Little, CompressionLevel::Much, CompressionLevel::Little] {
            for length in [LEAST, 8000, 400_000] {
                let mut text: String = (0..)
                    .flat_map(|n| format!("feature {n} ").into_bytes())
                    .map(char::from)
                    .take(length)
                    .collect();
                let compressed = gzip(text.as_bytes(), effort).unwrap();
                let mut read = String::new();
                flate2::read::GzDecoder::new(&*compressed).read_to_string(&mut read).unwrap();
                assert!(read == text && compressed.len() <= length / 2, "{effort:?} {length}");
                text.truncate(LEAST - 1);
                assert_eq!(gzip(text.as_bytes(), effort), None);
            }
        }
        // Bytes without repetition cannot be compressed.
        let mut noise = 7_u64;
        let noise = std::iter::repeat_with(|| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (noise >> 56) as u8
        });
        let noise: Vec<u8> = noise.take(4096).collect();
        assert_eq!(gzip(&noise, CompressionLevel::Little), None);
        assert_eq!(gzip(&noise, CompressionLevel::Much), None);
    }
}
