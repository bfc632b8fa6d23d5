//! Starts Chromium through chromedriver, each time with a new profile.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::FutureExt;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::page::Page;
use crate::shop::Shop;

/// Time limit of a wait, long enough for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const ARGUMENTS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en",
    "--window-size=1360,900",
];

/// Returns a folder for screenshots or profiles, and creates it if needed.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a test with a browser that shows the console of a shop's Edge. At the end the browser's console must be empty, except for requests
/// that the server refused with the statuses in `provoked`.
pub(crate) async fn with_console<F: Future<Output = ()>>(
    provoked: &[u16],
    test: impl FnOnce(Page, Shop) -> F,
) {
    static BROWSERS: AtomicU32 = AtomicU32::new(0);
    // The WebDriver client library installs no TLS provider of its own.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let shop = Shop::open().await;
    let (mut chromedriver, url) = start_driver().await;
    let number = BROWSERS.fetch_add(1, Ordering::Relaxed);
    let profile = folder("profiles").join(format!("{}-{number}", std::process::id()));
    let mut capabilities = DesiredCapabilities::chrome();
    for argument in ARGUMENTS {
        capabilities.add_arg(argument).unwrap();
    }
    capabilities.add_arg(&format!("--user-data-dir={}", profile.display())).unwrap();
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
    let driver = WebDriver::new(&url, capabilities).await.expect("Chromium did not start");
    let page = Page::new(driver.clone(), &shop);
    let run = async {
        page.arrive().await;
        test(page.clone(), shop).await;
        let said = page.said(provoked).await;
        assert!(said.is_empty(), "unexpected messages in the browser's console: {said:#?}");
    };
    let outcome = AssertUnwindSafe(tokio::time::timeout(2 * PATIENCE, run)).catch_unwind().await;
    if !matches!(outcome, Ok(Ok(()))) {
        let test = std::thread::current().name().unwrap_or_default().replace("::", "-");
        page.picture(&format!("failed-{test}")).await;
        println!("the browser's console: {:#?}", page.said(&[]).await);
    }
    driver.quit().await.unwrap();
    chromedriver.kill().await.unwrap();
    let _ = std::fs::remove_dir_all(profile);
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(_)) => panic!("the test took too long"),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Starts chromedriver at a free port.
async fn start_driver() -> (Child, String) {
    let mut child = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("chromedriver: install chromium-driver");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            // Its output must be read until the end: chromedriver ends when it writes to a closed pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (child, format!("http://127.0.0.1:{}", port.trim_end_matches('.')));
        }
    }
    panic!("chromedriver did not start");
}
