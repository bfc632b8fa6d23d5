//! Passes the name of the target to the program, because `fh version` prints it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=FH_TARGET={}", std::env::var("TARGET").unwrap_or_default());
}
