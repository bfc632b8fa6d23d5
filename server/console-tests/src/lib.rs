//! Tests of the console of `fh-edge` in a real Chromium: see `tests/chromium`. `cargo xtask prove "console in Chromium"` installs the
//! packages it needs (`chromium` and `chromium-driver` of Debian) and runs it. Screenshots are stored in `target/tmp/console`.
