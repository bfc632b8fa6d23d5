//! The console of `fh-edge` in a real Chromium: see `tests/chromium`. `cargo xtask test "console in Chromium"` installs what it
//! needs (`chromium` and `chromium-driver` of Debian) and runs it. Pictures of the page are left in `target/tmp/console`.
