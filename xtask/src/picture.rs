//! `cargo xtask picture`: writes the picture of the README, which shows what `fh demo` prints.

use std::fs;

use crate::install;
use crate::shell::{Run, root, target_folder};

/// The file of the picture, from the project's root.
const PICTURE: &str = "docs/img/demo.png";
/// The beginnings of the headings in the output of `fh demo`.
const HEADINGS: [&str; 5] =
    ["The values of each user", "The values that ", "Why does ", "How the values ", "Commands to "];
/// The headings of the parts that the picture shows.
const SHOWN: [&str; 2] = ["Why does ", "How the values "];
/// The width and the height of a character, and the margins of the picture, in pixels.
const CHARACTER: (usize, usize) = (9, 20);
const MARGIN: usize = 24;

/// Runs `fh demo`, and lets Chromium draw parts of its output.
pub(crate) fn run() -> Result<(), String> {
    install::chromium("it draws the picture of the README")?;
    Run::new("cargo build --locked -p fh-cli").go()?;
    let fh = target_folder().join("debug/fh").display().to_string();
    let (printed, ended) = Run::program(&fh, "demo --speed 10000").capture()?;
    ended?;
    let lines = shown(&printed);
    if lines.is_empty() {
        return Err("`fh demo` prints none of the parts that the picture shows".to_string());
    }
    let page = target_folder().join("picture.html");
    let failed = |why: std::io::Error| format!("{}: {why}", page.display());
    fs::write(&page, html(&lines)).map_err(failed)?;
    let page = page.canonicalize().map_err(failed)?;
    let picture = root().join(PICTURE);
    fs::create_dir_all(picture.parent().unwrap_or(&picture)).map_err(failed)?;
    let columns = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    let (width, height) = (columns * CHARACTER.0, lines.len() * CHARACTER.1);
    Run::new("chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1.5")
        .args(&[
            format!("--window-size={},{}", width + 2 * MARGIN, height + 2 * MARGIN),
            format!("--screenshot={}", picture.display()),
            format!("file://{}", page.display()),
        ])
        .go()?;
    println!("written: {PICTURE}");
    Ok(())
}

/// Returns the lines of the shown parts.
fn shown(printed: &str) -> Vec<&str> {
    let (mut lines, mut is_shown) = (Vec::new(), false);
    for line in printed.lines() {
        if HEADINGS.iter().any(|heading| line.starts_with(heading)) {
            is_shown = SHOWN.iter().any(|heading| line.starts_with(heading));
        }
        if is_shown {
            lines.push(line);
        }
    }
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines
}

fn html(lines: &[&str]) -> String {
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let is_heading = number == 0 || lines.get(number - 1).is_some_and(|line| line.is_empty());
        let class = match line {
            _ if SHOWN.iter().any(|heading| line.starts_with(heading)) => "question",
            _ if line.contains('✓') => "holds",
            _ if is_heading => "heading",
            _ => "",
        };
        let escaped = line.replace('&', "&amp;").replace('<', "&lt;");
        let drawn = escaped.find('█').map_or(escaped.clone(), |at| {
            let (before, bar) = escaped.split_at(at);
            format!("{before}<b>{bar}</b>")
        });
        text.push_str(&format!("<span class='{class}'>{drawn}</span>\n"));
    }
    let ((width, height), margin) = (CHARACTER, MARGIN);
    format!(
        "<!doctype html><meta charset=utf-8><style>\
         body {{ margin: 0; padding: {margin}px; background: #14181f; color: #cfd6e1 }}\
         pre {{ margin: 0; font: {size}px/{height}px 'DejaVu Sans Mono', monospace }}\
         .question {{ color: #8fb8ff; font-weight: bold }} .heading {{ color: #fff; font-weight: bold }}\
         .holds {{ color: #8fd694 }} b {{ color: #e8a94b; font-weight: normal }}\
         </style><pre>{text}</pre>",
        size = width * 5 / 3
    )
}
