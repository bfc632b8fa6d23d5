//! The longest searches of patterns of FeatBit and FeatureSignals: of a text of 8 KiB, and of any text.

use std::time::{Duration, Instant};

use fh_eval::internal::text::pattern::{Extent, Pattern};

/// The most that a search may take.
const MOST: Duration = Duration::from_millis(50);

/// Measures searches that keep many states alive.
///
/// # Errors
/// Fails if a search takes longer than [`MOST`].
pub fn run() -> Result<(), String> {
    let texts = ["x", "ab", "Az9_ ", "é", "🚲"];
    let names = |end: &str| {
        let names: Vec<String> = (0..2_000).map(|n| format!("n?{n}[a-z]{end}")).collect();
        names.join("|")
    };
    let patterns = [
        ("all states alive", "(?:[a-z]?){1000}[0-9]{900}".to_string()),
        ("alternatives", names("x")),
        ("alternatives at words", format!(r"\b(?:{})\b", names("x"))),
        ("alternatives in any case", format!("(?i){}", names("é"))),
        ("words", r"(?:\w\W?){900}$".to_string()),
        ("letters", r"(?:\pL?\PL?){900}\pL$".to_string()),
        ("nested", "(?:(?:a|b|ab)*(?:b|x|ax)?){300}[^a-z]$".to_string()),
        ("empty loops", format!("(?:{}y)", "(?:x*)*".repeat(600))),
        ("boundaries", format!("{}z", r"\b?\B?.?".repeat(3_000))),
        ("spread", format!("(?s).{{0,900}}{}z", "[a-x][^b-c]?".repeat(900))),
    ];
    println!("\n| pattern | parts | 8 KiB | 1 MiB |\n|---|---|---|---|");
    for (name, pattern) in &patterns {
        for extent in [Extent::DotNet, Extent::Re2] {
            let compiled = match Pattern::compile(pattern, extent) {
                Ok(compiled) => compiled,
                Err(refused) => {
                    println!("| {name} ({extent:?}) | {refused} | | |");
                    continue;
                }
            };
            let mut longest = [Duration::ZERO; 2];
            for text in texts {
                for (longest, len) in longest.iter_mut().zip([8 << 10, 1 << 20]) {
                    let text = text.repeat(len / text.len());
                    let mut best = Duration::MAX;
                    for _ in 0..3 {
                        let start = Instant::now();
                        std::hint::black_box(compiled.search(&text));
                        best = best.min(start.elapsed());
                    }
                    *longest = best.max(*longest);
                }
            }
            println!(
                "| {name} ({extent:?}) | {} | {:.1?} | {:.1?} |",
                compiled.nodes(),
                longest[0],
                longest[1]
            );
            if longest[0] > MOST {
                return Err(format!("{name}: a search of 8 KiB takes {:.1?}", longest[0]));
            }
        }
    }
    Ok(())
}
