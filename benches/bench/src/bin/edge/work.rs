//! `edge work`: measures the largest work that one request can cause. Each environment has rules that are expensive in one
//! way, and each context is the largest that the limits allow. The figures are the server's processor time and memory, and
//! the response time of liveness meanwhile.

mod cases;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Args;

use crate::servers::Server;
use cases::{Case, cases};

#[derive(Args)]
pub struct Options {
    /// The `fh` to measure
    #[arg(long)]
    fh: Option<PathBuf>,
    /// Only the environment of this name
    #[arg(long)]
    only: Option<String>,
    /// Longest context of a header, in bytes
    #[arg(long, default_value_t = 16 << 10)]
    context: usize,
    /// Longest context of an OFREP body, in bytes
    #[arg(long, default_value_t = 16 << 10)]
    body: usize,
    /// Further flags of `fh serve`
    #[arg(long, value_delimiter = ' ')]
    flags: Vec<String>,
    /// Seconds of load (eight requests per second) during which liveness is measured
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

const WAIT: Duration = Duration::from_secs(120);

/// The cost of one request.
struct Took {
    status: u16,
    time: Duration,
    processor: f64,
    /// The growth of the resident memory, in bytes.
    memory: u64,
}

/// Sends a request on a connection of its own, and returns the status of the response.
fn send(address: SocketAddr, request: &str) -> Result<u16, String> {
    let failed = |why: std::io::Error| why.to_string();
    let mut socket = TcpStream::connect(address).map_err(failed)?;
    socket.set_read_timeout(Some(WAIT)).map_err(failed)?;
    // The server may respond and close before it has read the whole request, so errors are ignored.
    let _ = socket.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    let status = answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
    status.and_then(|digits| digits.parse().ok()).ok_or_else(|| "no answer".to_string())
}

fn measure(server: &Server, request: &str) -> Result<Took, String> {
    let before = server.usage()?;
    let begun = Instant::now();
    let status = send(server.address, request)?;
    let time = begun.elapsed();
    let after = server.usage()?;
    let memory = after.resident.saturating_sub(before.resident);
    Ok(Took { status, time, processor: after.processor - before.processor, memory })
}

/// Returns the mean of several requests. The system counts processor time in hundredths of a second.
fn mean(
    server: &Server,
    times: usize,
    mut request: impl FnMut(usize) -> String,
) -> Result<Took, String> {
    let mut sum = Took { status: 0, time: Duration::ZERO, processor: 0.0, memory: 0 };
    for number in 0..times {
        let took = measure(server, &request(number))?;
        sum.status = sum.status.max(took.status);
        sum.time += took.time / times as u32;
        sum.processor += took.processor / times as f64;
        sum.memory += took.memory;
    }
    Ok(sum)
}

/// Returns the largest size in bytes for which a request is answered with 200.
fn largest(
    server: &Server,
    most: usize,
    request: impl Fn(usize, usize) -> String,
) -> Result<usize, String> {
    let (mut least, mut most) = (0, most);
    let mut salt = 1_000_000;
    while most - least > 16 {
        let middle = (least + most).div_ceil(2);
        salt += 1;
        match send(server.address, &request(middle, salt))? {
            200 => least = middle,
            // 400 is OFREP's.
            400 | 413 | 431 => most = middle,
            other => return Err(format!("{middle} bytes: {other}")),
        }
    }
    Ok(least)
}

pub fn run(options: &Options) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|why| why.to_string())?;
    let fh = options.fh.clone().unwrap_or_else(|| own.with_file_name("fh"));
    let folder = std::env::temp_dir().join(format!("edge-work-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|why| why.to_string())?;
    println!("| rules | door | context | status | processor | time | memory | liveness |");
    println!("|---|---|---|---|---|---|---|---|");
    let mut result = Ok(());
    for case in
        cases().iter().filter(|case| options.only.as_ref().is_none_or(|only| case.name == only))
    {
        result = result.and(row(options, &fh, &folder, case));
    }
    let _ = std::fs::remove_dir_all(&folder);
    result
}

fn row(options: &Options, fh: &Path, folder: &Path, case: &Case) -> Result<(), String> {
    let state = folder.join("state.json");
    std::fs::write(&state, case.state()).map_err(|why| why.to_string())?;
    let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|socket| socket.local_addr());
    let monitor = free.map_err(|why| why.to_string())?;
    for door in ["GET", "OFREP"] {
        let server = Server::serve(fh, &state, &monitor.port().to_string(), &options.flags)?;
        let (most, request): (usize, Box<dyn Fn(usize, usize) -> String + Sync>) = match door {
            "GET" => (options.context, Box::new(|bytes, salt| case.poll(bytes, salt))),
            _ => (options.body, Box::new(|bytes, salt| case.ofrep(bytes, salt))),
        };
        let room = most.saturating_sub(32);
        // The first request renders parts of the response that are kept, so it is not measured.
        send(server.address, &request(0, 0))?;
        let before = server.usage()?.resident;
        let first = measure(&server, &request(room, 1))?;
        let bytes = match first.status {
            200 => room,
            _ => largest(&server, room, &request)?,
        };
        let took = match first.status {
            200 if first.processor >= 1.0 => first,
            _ => mean(&server, 10, |salt| request(bytes, salt + 2))?,
        };
        let took = Took { memory: server.usage()?.resident.saturating_sub(before), ..took };
        let liveness = match took.processor < 1.0 {
            true => {
                under_load(&server, monitor, options.seconds, |salt| request(bytes, salt + 100))?
            }
            false => "not measured".to_string(),
        };
        println!(
            "| {} | {door} | {bytes} | {} | {:.1} ms | {:.1} ms | {:.1} MB | {liveness} |",
            case.name,
            took.status,
            took.processor * 1e3,
            took.time.as_secs_f64() * 1e3,
            took.memory as f64 / 1e6,
        );
    }
    Ok(())
}

/// Returns the longest response time of liveness on both ports, under eight requests per second.
fn under_load(
    server: &Server,
    monitor: SocketAddr,
    seconds: u64,
    request: impl Fn(usize) -> String + Sync,
) -> Result<String, String> {
    let (end, salt) = (AtomicBool::new(false), AtomicUsize::new(0));
    let probe = |address: SocketAddr| {
        let mut longest = Duration::ZERO;
        while !end.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let status = send(
                address,
                "GET /health/liveness HTTP/1.1\r\nhost: work\r\nconnection: close\r\n\r\n",
            );
            longest = longest.max(begun.elapsed());
            if status != Ok(200) {
                return Err(format!("liveness at {address}: {status:?}"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(longest)
    };
    let (api, monitor) = std::thread::scope(|scope| {
        let probes = [monitor_or(server, monitor), monitor]
            .map(|address| scope.spawn(move || probe(address)));
        let begun = Instant::now();
        let mut sent = 0_u32;
        let mut askers = Vec::new();
        while begun.elapsed() < Duration::from_secs(seconds) {
            let (salt, request) = (&salt, &request);
            askers.push(scope.spawn(move || {
                send(server.address, &request(salt.fetch_add(1, Ordering::Relaxed)))
            }));
            sent += 1;
            std::thread::sleep(
                (begun + Duration::from_millis(125) * sent)
                    .saturating_duration_since(Instant::now()),
            );
        }
        for asker in askers {
            let _ = asker.join();
        }
        end.store(true, Ordering::Relaxed);
        let [api, monitor] = probes.map(|probe| {
            probe.join().map_err(|_| "a probe failed".to_string()).and_then(|longest| longest)
        });
        (api, monitor)
    });
    let milliseconds = |longest: Duration| longest.as_secs_f64() * 1e3;
    Ok(format!("{:.0} ms, monitor {:.0} ms", milliseconds(api?), milliseconds(monitor?)))
}

/// Returns the address that answers liveness: the API's, or the monitor port if the API does not answer it.
fn monitor_or(server: &Server, monitor: SocketAddr) -> SocketAddr {
    match send(
        server.address,
        "GET /health/liveness HTTP/1.1\r\nhost: work\r\nconnection: close\r\n\r\n",
    ) {
        Ok(200) => server.address,
        _ => monitor,
    }
}
