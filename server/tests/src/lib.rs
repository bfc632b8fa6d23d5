//! Holds no code. `tests/secrets` shows that no public type, error or log line of the client and the Edge shows a secret. `tests/chromium` tests
//! the console of `fh-edge` in a real Chromium: `cargo xtask prove "console in Chromium"` installs the packages it needs (`chromium` and
//! `chromium-driver` of Debian) and runs it. Screenshots are stored in `target/tmp/console`.
