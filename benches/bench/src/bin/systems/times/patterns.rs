//! The longest searches of patterns of FeatBit and FeatureSignals: of a text of 8 KiB, and of any text. The times of look-arounds, as multiples of
//! those of patterns without them.

use std::time::{Duration, Instant};

use fh_eval::internal::text::pattern::{Extent, Pattern};

/// The most that a search may take.
const MOST: Duration = Duration::from_millis(50);

/// Patterns with look-around, patterns for the same parts without it, and the most that the first takes as a multiple of the others.
const LOOK_AROUNDS: [(&str, &[&str], f64); 3] = [
    (r"^(?!.*@corp\.example$).*$", &[r"^.*@corp\.example$", "^.*$"], 1.3),
    (r"^(?!10\.)", &[r"^10\."], 1.5),
    ("^(?:(?!admin).)*$", &["^(?:[^a]|a)*$"], 25.0),
];

/// Measures searches that keep many states alive.
///
/// # Errors
/// Fails if a search takes longer than [`MOST`], or a look-around longer than its multiple.
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
        ("look-arounds", "(?:[a-z]?(?!q)){8}(?<=[a-z]*)[0-9]".to_string()),
        ("look-arounds of many states", format!("(?!{}[0-9])q", "[a-z]?".repeat(60))),
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
    look_arounds()
}

fn look_arounds() -> Result<(), String> {
    let text = "user.name_".repeat(100);
    println!("\n| pattern | time | multiple |\n|---|---|---|");
    for (pattern, others, most) in LOOK_AROUNDS {
        let time = time(pattern, &text)?;
        let others: f64 =
            others.iter().map(|other| self::time(other, &text)).sum::<Result<f64, _>>()?;
        println!("| `{pattern}` | {time:.0} ns | {:.2} |", time / others);
        if time > most * others {
            return Err(format!("{pattern} takes more than {most} times as long as its parts"));
        }
    }
    Ok(())
}

/// Returns the nanoseconds of a search.
fn time(pattern: &str, text: &str) -> Result<f64, String> {
    const SEARCHES: u32 = 1_000;
    let compiled =
        Pattern::compile(pattern, Extent::Search).map_err(|refused| refused.to_string())?;
    let mut best = Duration::MAX;
    for _ in 0..30 {
        let start = Instant::now();
        for _ in 0..SEARCHES {
            std::hint::black_box(compiled.search(std::hint::black_box(text)));
        }
        best = best.min(start.elapsed());
    }
    Ok(best.as_nanos() as f64 / f64::from(SEARCHES))
}
