//! A file with the libraries of several processors, as `lipo` writes it. The `llvm-lipo` of Debian crashes on archives of Rust.

use object::macho;

/// The alignment of each library, as a power of two.
const ALIGNMENT: u32 = 3;
const HEADER: usize = 8;
const ENTRY: usize = 20;

/// Joins the libraries of some architectures with these names.
pub(super) fn join(libraries: &[(&str, Vec<u8>)]) -> Result<Vec<u8>, String> {
    let mut offset = HEADER + ENTRY * libraries.len();
    let mut file = Vec::new();
    let mut words = vec![macho::FAT_MAGIC, number(libraries.len())?];
    let mut places = Vec::new();
    for (name, library) in libraries {
        let (processor, kind) = processor(name)?;
        offset = offset.next_multiple_of(1 << ALIGNMENT);
        places.push(offset);
        words.extend([processor, kind, number(offset)?, number(library.len())?, ALIGNMENT]);
        offset += library.len();
    }
    // The header is in the order of the bytes of the first Macs.
    file.extend(words.into_iter().flat_map(u32::to_be_bytes));
    for ((_, library), place) in libraries.iter().zip(places) {
        file.resize(place, 0);
        file.extend(library);
    }
    Ok(file)
}

/// Returns the numbers of an architecture.
fn processor(name: &str) -> Result<(u32, u32), String> {
    match name {
        "arm64" => Ok((macho::CPU_TYPE_ARM64.0, macho::CPU_SUBTYPE_ARM64_ALL.0)),
        "x86_64" => Ok((macho::CPU_TYPE_X86_64.0, macho::CPU_SUBTYPE_X86_64_ALL.0)),
        _ => Err(format!("there is no architecture {name}")),
    }
}

fn number(value: usize) -> Result<u32, String> {
    u32::try_from(value).map_err(|_| format!("{value} is too large for a file of two libraries"))
}

#[cfg(test)]
mod tests {
    use super::super::macho::archives;
    use super::*;

    #[test]
    fn each_library_is_at_the_place_that_the_header_names() {
        let file = join(&[("arm64", b"abc".to_vec()), ("x86_64", b"defgh".to_vec())]).unwrap();
        let expected: [(String, &[u8]); 2] =
            [("arm64".to_string(), b"abc"), ("x86_64".to_string(), b"defgh")];
        assert_eq!(archives(&file).unwrap(), expected);
        assert!(join(&[("armv7", Vec::new())]).is_err());
    }
}
