//! Writes the Swift code that calls the native library, and the header of the library.
//!
//! `fh-swift-bindgen LIBRARY FOLDER` writes `fh_uniffi.swift` and `fh_uniffiFFI.h` into the folder. The program links the library of UniFFI
//! without its command, which compiles in half of the time.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use uniffi_bindgen::bindings::{SwiftBindingsOptions, generate_swift_bindings};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, folder] = arguments.as_slice() else {
        eprintln!("fh-swift-bindgen LIBRARY FOLDER");
        return ExitCode::FAILURE;
    };
    let written = generate_swift_bindings(SwiftBindingsOptions {
        generate_swift_sources: true,
        generate_headers: true,
        source: library.into(),
        out_dir: folder.into(),
        ..SwiftBindingsOptions::default()
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("the Swift code of {library} cannot be written: {why:#}");
            ExitCode::FAILURE
        }
    }
}
