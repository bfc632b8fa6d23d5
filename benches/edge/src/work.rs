//! `edge work`: measures the largest work that one request can cause. Each environment has rules that are expensive in one
//! way, and each context is the largest that the limits allow. The figures are the server's processor time and memory, and
//! the response time of liveness meanwhile.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use crate::servers::Server;

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

const ENVIRONMENT: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
const SERVER_KEY: &str = "work-server-key";
const WAIT: Duration = Duration::from_secs(120);

/// The attributes of a context with their values.
type Attributes = Vec<(String, Vec<String>)>;

/// An environment, and contexts that make it expensive.
struct Case {
    name: &'static str,
    profile: &'static str,
    /// The strategies of a feature, by its number.
    strategies: Box<dyn Fn(usize) -> Value + Send + Sync>,
    features: usize,
    /// Returns a context of about this many bytes. The second argument makes contexts different.
    context: fn(usize, usize) -> Attributes,
}

fn rule(field: &str, kind: &str, conditional: &str, values: Value) -> Value {
    json!({"fieldName": field, "type": kind, "conditional": conditional, "values": values})
}

/// Puts each rule into a strategy of its own, so that no rule keeps another from being evaluated.
fn each(rules: impl IntoIterator<Item = Value>) -> Value {
    let rules = rules.into_iter().enumerate();
    rules.map(|(number, rule)| json!({"id": format!("s{number}"), "value": true, "attributes": [rule]})).collect()
}

fn one(text: String) -> Vec<(String, Vec<String>)> {
    vec![("a".to_string(), vec![text])]
}

/// Returns an attribute with as many of these values as fit into the bytes, at most 1,000.
fn several(bytes: usize, text: impl Fn(usize) -> String) -> Vec<(String, Vec<String>)> {
    let (mut values, mut left) = (Vec::new(), bytes);
    while values.len() < 1000 {
        let value = text(values.len());
        // A comma takes three bytes in a header.
        let Some(rest) = left.checked_sub(value.len() + 3) else { break };
        left = rest;
        values.push(value);
    }
    vec![("a".to_string(), values)]
}

fn cases() -> Vec<Case> {
    // Each pattern has a different character class, so that compiled patterns cannot be shared.
    let patterns = |feature: usize| {
        (0..3).map(move |n| {
            let other = char::from_u32(0x100 + (3 * feature + n) as u32).unwrap_or('x');
            rule("a", "STRING", "REGEX", json!([format!("[ab]*a[ab]{{12}}[^ab0-9{other}]")]))
        })
    };
    let addresses = |list: usize| -> Value {
        (0..1000).map(|n| json!(format!("10.{list}.{}.{}", n / 250, n % 250))).collect()
    };
    vec![
        Case {
            name: "patterns",
            profile: "client",
            strategies: Box::new(move |feature| each(patterns(feature))),
            features: 100,
            context: |bytes, salt| {
                let mut state = salt as u32;
                let mut next = || {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if state & 0x8000_0000 == 0 { 'a' } else { 'b' }
                };
                one((0..bytes).map(|_| next()).collect())
            },
        },
        Case {
            name: "small patterns",
            profile: "client",
            strategies: Box::new(move |_| {
                each(
                    (0..3).map(|n| {
                        rule("a", "STRING", "REGEX", json!([format!("(ab+|[c-x]y{n}?z)+!")]))
                    }),
                )
            }),
            features: 1000,
            context: |bytes, salt| one(format!("{salt}{}", "abbdzcyz".repeat(bytes / 8))),
        },
        Case {
            name: "addresses",
            profile: "client",
            strategies: Box::new(move |_| {
                each((0..20).map(|n| rule("a", "IP_ADDRESS", "INCLUDES", addresses(n))))
            }),
            features: 1,
            context: |bytes, salt| {
                several(bytes, |n| format!("9.{}.{}.{}", salt % 250, n / 250, n % 250))
            },
        },
        Case {
            name: "versions",
            profile: "client",
            strategies: Box::new(move |_| {
                each((0..20).map(|n| {
                    rule(
                        "a",
                        "SEMANTIC_VERSION",
                        "EQUALS",
                        json!([format!("1.{n}"), "1.1.1.1.1.1.1.2", "1.1-x"]),
                    )
                }))
            }),
            features: 1000,
            context: |bytes, salt| one(format!("{salt}{}", ".1".repeat(bytes / 2))),
        },
        Case {
            name: "numbers",
            profile: "edge",
            strategies: Box::new(move |_| {
                each((0..20).map(|n| rule("a", "NUMBER", "INCLUDES", json!([n, 1.1, 1e300]))))
            }),
            features: 1000,
            context: |bytes, salt| one(format!("{salt}{}", "1".repeat(bytes))),
        },
        Case {
            name: "dates",
            profile: "client",
            strategies: Box::new(move |_| {
                each((0..20).map(|n| {
                    rule(
                        "a",
                        "DATETIME",
                        "INCLUDES",
                        json!([format!("2024-02-{:02}T12:00:00Z", n + 1)]),
                    )
                }))
            }),
            features: 1000,
            context: |bytes, salt| {
                several(bytes, |n| format!("2024-01-0{}T12:00:00.{:03}Z", n % 9 + 1, salt % 1000))
            },
        },
        Case {
            name: "texts",
            profile: "client",
            strategies: Box::new(move |_| {
                each((0..20).map(|n| {
                    rule("a", "STRING", "INCLUDES", json!([format!("{0}b{n}{0}", "a".repeat(12))]))
                }))
            }),
            features: 1000,
            context: |bytes, salt| one(format!("{salt}{}", "a".repeat(bytes))),
        },
        Case {
            name: "now",
            profile: "client",
            strategies: Box::new(move |_| {
                each(
                    (0..20).map(|n| rule("now", "DATETIME", "REGEX", json!([format!("^2.*{n}x")]))),
                )
            }),
            features: 1000,
            context: |bytes, salt| one(format!("{salt}{}", "a".repeat(bytes))),
        },
        Case {
            name: "percentages",
            profile: "edge",
            strategies: Box::new(|_| {
                let share = |n| json!({"id": format!("s{n}"), "value": true, "percentage": 1, "percentageAttributes": [format!("a{n}")]});
                (0..30).map(share).collect()
            }),
            features: 1000,
            context: |bytes, salt| {
                let text = format!("{salt}{}", "🐢".repeat(bytes / 12 / 30));
                (0..30).map(|n| (format!("a{n}"), vec![text.clone()])).collect()
            },
        },
        Case {
            name: "lookups",
            profile: "client",
            strategies: Box::new(move |_| {
                each(
                    (0..20).map(|n| {
                        rule(&format!("attribute{n:02}"), "STRING", "EQUALS", json!(["x"]))
                    }),
                )
            }),
            features: 1000,
            context: |bytes, salt| {
                let mut all = several(bytes.saturating_sub(400).min(3600), |_| "y".to_string());
                all.extend(
                    (0..20).map(|n| (format!("attribute{:02}", n + 20), vec![format!("{salt}")])),
                );
                all
            },
        },
        Case {
            name: "supplied patterns",
            profile: "edge",
            strategies: Box::new(move |_| {
                each((0..20).map(|n| rule("a", "NUMBER", "REGEX", json!([n]))))
            }),
            features: 5,
            context: |bytes, salt| {
                several(bytes, |n| {
                    format!("[^{}ab]{{90}}{n}", char::from(b'c' + (salt % 20) as u8))
                })
            },
        },
        Case {
            name: "ordinary",
            profile: "client",
            strategies: Box::new(|_| {
                each((0..20).map(|n| match n % 5 {
                    0 => rule(
                        "a",
                        "STRING",
                        "EQUALS",
                        json!((0..10).map(|m| format!("user-{m}")).collect::<Vec<_>>()),
                    ),
                    1 => rule("version", "SEMANTIC_VERSION", "GREATER", json!(["9.1.2"])),
                    2 => rule("a", "STRING", "ENDS_WITH", json!(["@example.com"])),
                    3 => rule("country", "STRING", "EQUALS", json!(["nz", "au"])),
                    _ => rule(
                        "email",
                        "STRING",
                        "REGEX",
                        json!([format!("^[a-z.]+@team{n}[.]example[.]com$")]),
                    ),
                }))
            }),
            features: 1000,
            context: |bytes, salt| {
                let mut all =
                    several(bytes.saturating_sub(120).min(4096), |n| format!("segment-{n}"));
                all.push(("version".to_string(), vec!["3.2.1".to_string()]));
                all.push(("country".to_string(), vec!["ch".to_string()]));
                all.push(("email".to_string(), vec![format!("mara.{salt}@harbour.example")]));
                all
            },
        },
    ]
}

impl Case {
    fn state(&self) -> String {
        let id = |n: usize| format!("00000000-0000-4000-8000-{n:012}");
        let features: Value = (0..self.features)
            .map(|n| json!({"id": id(n), "key": format!("F{n}"), "type": "BOOLEAN"}))
            .collect();
        let values: serde_json::Map<String, Value> = (0..self.features)
            .map(|n| {
                (
                    format!("F{n}"),
                    json!({"value": false, "valueId": id(n), "strategies": (self.strategies)(n)}),
                )
            })
            .collect();
        let state = json!({
            "features": features,
            "environments": [{"id": ENVIRONMENT, "name": "work", "profile": self.profile, "values": values}],
            "accounts": [{"name": "work", "serverKey": [SERVER_KEY], "permissions": {ENVIRONMENT: ["READ"]}}]
        });
        state.to_string()
    }

    fn poll(&self, bytes: usize, salt: usize) -> String {
        let encode = |text: &str| {
            text.bytes().fold(String::new(), |mut all, byte| {
                match byte {
                    b'a'..=b'z'
                    | b'A'..=b'Z'
                    | b'0'..=b'9'
                    | b'.'
                    | b'-'
                    | b':'
                    | b'@'
                    | b'['
                    | b']'
                    | b'{'
                    | b'}'
                    | b'^' => all.push(char::from(byte)),
                    _ => all.push_str(&format!("%{byte:02X}")),
                }
                all
            })
        };
        let context = (self.context)(bytes, salt).into_iter();
        let context = context.map(|(name, values)| {
            let values: Vec<String> = values.iter().map(|value| encode(value)).collect();
            format!("{name}={}", values.join("%2C"))
        });
        let context: Vec<String> = context.collect();
        format!(
            "GET /features?apiKey={ENVIRONMENT}/{SERVER_KEY} HTTP/1.1\r\nhost: work\r\nconnection: close\r\nx-featurehub: {}\r\n\r\n",
            context.join(",")
        )
    }

    fn ofrep(&self, bytes: usize, salt: usize) -> String {
        let context: serde_json::Map<String, Value> = (self.context)(bytes, salt)
            .into_iter()
            .map(|(name, values)| (name, json!(values)))
            .collect();
        let body = json!({"context": context}).to_string();
        format!(
            "POST /ofrep/v1/evaluate/flags HTTP/1.1\r\nhost: work\r\nconnection: close\r\nx-api-key: {ENVIRONMENT}/{SERVER_KEY}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

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
            413 | 431 => most = middle,
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
