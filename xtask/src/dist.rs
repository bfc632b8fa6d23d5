//! `cargo xtask dist NAME`: builds something that ships, and checks it.

use crate::{kotlin, packaging, python, swift, web};

const HELP: &str = "\
cargo xtask dist <name>

  android [--without-natives]
                     the package for Android apps in the Maven repository target/kotlin/android/repository, with the native libraries of
                     Android's NDK
  apple              the package for Swift with the libraries for iOS, its simulator and macOS as an xcframework, too
  image              the static binary of the container image, tried in an empty tree, and the unit file, which systemd verifies
  kotlin [--all|TARGET...]
                     the release of the native library for this machine, all targets or the named ones of the toolchain, and the jars,
                     in the Maven repository target/kotlin/repository; prints what a project of Maven or Gradle needs
  python [TARGET...] the sdist and the wheels of the Python package in target/wheels, all or those for the named targets
  swift              the release of the native library and the package for Swift on Linux in target/swift/FeatureHub
  web                the engines with their JavaScript, and the tarballs of the packages of npm in target/web";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        None => {
            println!("{HELP}");
            Ok(())
        }
        Some("android") => kotlin::android::dist(rest),
        Some("apple") if rest.is_empty() => swift::shipped::dist(true),
        Some("image") if rest.is_empty() => packaging::prepare().and_then(|()| packaging::run()),
        Some("kotlin") => kotlin::package::dist(rest),
        Some("python") => python::wheels::run(rest),
        Some("swift") if rest.is_empty() => swift::shipped::dist(false),
        Some("web") if rest.is_empty() => web::dist(),
        Some(other) => Err(format!(
            "cargo xtask dist {other}: there is no such name, or it takes no further arguments\n\n{HELP}"
        )),
    }
}
