//! `edge starts`: the memory and the processor time of repeated starts of `fh serve` with a data folder, beside a start without one.

use std::path::{Path, PathBuf};

use clap::Args;
use harness::Table;

use crate::memory::text;
use crate::process::Usage;
use crate::servers::Server;

/// Numbers of environments and features.
const CASES: [(usize, usize); 5] = [(2, 50), (3, 500), (10, 1000), (200, 100), (1000, 50)];
/// The bytes of each value.
const VALUE: usize = 20;

#[derive(Args)]
pub struct Options {
    /// The program to measure; looked for beside this one
    #[arg(long)]
    fh: Option<PathBuf>,
    /// Number of starts; the first three and the last one are shown
    #[arg(long, default_value_t = 20)]
    starts: usize,
}

pub fn run(options: &Options) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|why| why.to_string())?;
    let fh = options.fh.clone().unwrap_or_else(|| own.with_file_name("fh"));
    let folder = std::env::temp_dir().join(format!("edge-starts-{}", std::process::id()));
    let table = measure_all(&fh, &folder, options.starts);
    let _ = std::fs::remove_dir_all(&folder);
    println!("{}", table?);
    Ok(())
}

fn measure_all(fh: &Path, folder: &Path, starts: usize) -> Result<Table, String> {
    let head = ["environments", "features", "file edited", "start", "peak, MiB", "s", "data, MiB"];
    let mut table = Table::new("starts", &head);
    for (environments, features) in CASES {
        for edited in [false, true] {
            let data = folder.join(format!("{environments}-{features}-{edited}"));
            std::fs::create_dir_all(&data).map_err(|why| why.to_string())?;
            for start in 0..=starts {
                // Each second start has one more byte in each value.
                let value = if edited { VALUE + start % 2 } else { VALUE };
                let state = folder.join("state.json");
                std::fs::write(&state, text(environments, features, value))
                    .map_err(|why| why.to_string())?;
                let (peak, usage) = measure(fh, &state, (start > 0).then_some(&data))?;
                if start > 3 && start < starts {
                    continue;
                }
                let name = if start == 0 { "without data".into() } else { start.to_string() };
                let bytes =
                    std::fs::metadata(data.join("changes.redb")).map_or(0, |file| file.len());
                let mib = |bytes: u64| format!("{:.1}", bytes as f64 / f64::from(1 << 20));
                let counts = [environments.to_string(), features.to_string(), edited.to_string()];
                let figures = [name, mib(peak), format!("{:.2}", usage.processor), mib(bytes)];
                table.rows.push(counts.into_iter().chain(figures).collect());
            }
        }
    }
    Ok(table)
}

/// Starts the program, and stops it by SIGTERM. Returns its peak of resident memory in bytes, and its usage at the end of the start.
fn measure(fh: &Path, state: &Path, data: Option<&PathBuf>) -> Result<(u64, Usage), String> {
    let flags: Vec<String> = data
        .map_or(Vec::new(), |data| vec!["--data".to_string(), data.to_string_lossy().into_owned()]);
    let server = Server::serve(fh, state, "0", &flags)?;
    let figures = (server.peak()?, server.usage()?);
    server.stop()?;
    Ok(figures)
}
