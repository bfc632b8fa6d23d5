//! `edge get`: requests a second.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::environment::{CLIENT_KEY, ENVIRONMENT, SERVER_KEY};
use crate::floor::{Kind, TAG};
use crate::report::{Table, middle, publish};
use crate::requests::Askers;
use crate::servers::{Answer, Places, Server, head};

#[derive(Args)]
pub struct Options {
    /// Features of the environment, one table each
    #[arg(long, value_delimiter = ',', default_value = "60,100,1000")]
    features: Vec<usize>,

    /// Connections that ask at the same time
    #[arg(long, default_value_t = 32)]
    connections: usize,

    /// Turns: in each every row is measured once
    #[arg(long, default_value_t = 7)]
    turns: usize,

    /// Length of one measurement in milliseconds
    #[arg(long, default_value_t = 1_000)]
    milliseconds: u64,

    /// The program to measure; looked for beside this one
    #[arg(long)]
    fh: Option<PathBuf>,

    /// The page whose tables are to be replaced
    #[arg(long)]
    markdown: Option<PathBuf>,
}

/// How many different contexts are asked with when they repeat.
const CONTEXTS: usize = 1_000;

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    /// A client's key, so strategies are sent.
    List,
    Unchanged,
    /// A server's key, with contexts that repeat.
    Evaluated,
    EvaluatedUnchanged,
    /// A server's key, no two contexts alike.
    EvaluatedAnew,
}

struct Row {
    name: &'static str,
    server: usize,
    question: Question,
    status: u16,
    etag: String,
    /// The row that it is compared with.
    floor: usize,
    requests: Vec<f64>,
    processor: Vec<f64>,
    late: Vec<f64>,
    bytes: usize,
}

impl Row {
    fn write(&self, number: usize, out: &mut Vec<u8>) {
        let path = match self.question {
            Question::List | Question::Unchanged => {
                format!("/features?apiKey={ENVIRONMENT}/{CLIENT_KEY}")
            }
            _ => format!("/features?apiKey={ENVIRONMENT}/{SERVER_KEY}"),
        };
        out.extend_from_slice(b"GET ");
        out.extend_from_slice(path.as_bytes());
        out.extend_from_slice(b" HTTP/1.1\r\nhost: bench\r\n");
        let user = match self.question {
            Question::List | Question::Unchanged => None,
            Question::Evaluated => Some(number % CONTEXTS),
            // Of one context, since the etag is of one.
            Question::EvaluatedUnchanged => Some(0),
            Question::EvaluatedAnew => Some(number),
        };
        if let Some(user) = user {
            let context =
                format!("x-featurehub: country=new_zealand,userkey=user-{user},version=3.4.5\r\n");
            out.extend_from_slice(context.as_bytes());
        }
        if self.status == 304 {
            out.extend_from_slice(format!("if-none-match: {}\r\n", self.etag).as_bytes());
        }
        out.extend_from_slice(b"\r\n");
    }
}

pub fn run(options: &Options) -> Result<(), String> {
    let mut out = String::new();
    for &features in &options.features {
        let places = Places::new(options.fh.as_deref(), features)?;
        let table = measure(options, &places)?;
        let _ = write!(out, "### {features} features\n\n{table}\n");
        println!("### {features} features\n\n{table}");
    }
    match &options.markdown {
        Some(page) => publish(page, "get", &out),
        None => Ok(()),
    }
}

fn measure(options: &Options, places: &Places) -> Result<Table, String> {
    let mut servers = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut add = |name, server, question, floor: Option<usize>, etag: &str| {
        let status = match question {
            Question::Unchanged | Question::EvaluatedUnchanged => 304,
            _ => 200,
        };
        let (requests, processor, late) = Default::default();
        let floor = floor.unwrap_or(rows.len());
        let etag = etag.to_string();
        rows.push(Row {
            name,
            server,
            question,
            status,
            etag,
            floor,
            requests,
            processor,
            late,
            bytes: 0,
        });
        rows.len() - 1
    };
    if places.fh.is_some() {
        let ours = Server::ours(places)?;
        // The floors answer with the very bytes.
        let list = |key: &str, context: &str| -> Result<Answer, String> {
            let request = head("GET", &format!("/features?apiKey={ENVIRONMENT}/{key}"));
            let request = request.replacen("\r\n\r\n", &format!("\r\n{context}\r\n"), 1);
            ours.fetch(&request)
        };
        let whole = list(CLIENT_KEY, "")?;
        let evaluated =
            list(SERVER_KEY, "x-featurehub: country=new_zealand,userkey=user-0,version=3.4.5\r\n")?;
        let write = |name: &str, bytes: &[u8]| -> Result<PathBuf, String> {
            let path = places.folder.join(name);
            std::fs::write(&path, bytes).map_err(|why| why.to_string())?;
            Ok(path)
        };
        servers.push(Server::floor(Kind::Axum, &write("whole.json", &whole.body)?)?);
        servers.push(Server::floor(Kind::Axum, &write("evaluated.json", &evaluated.body)?)?);
        servers.push(Server::floor(Kind::Listen, &write("whole.json", &whole.body)?)?);
        servers.push(ours);
        let floor = add("static axum", 0, Question::List, None, TAG);
        add("static axum, `fh_edge::listen`", 2, Question::List, Some(floor), TAG);
        add("client-evaluated", 3, Question::List, Some(floor), "");
        let floor = add("static axum, 304", 0, Question::Unchanged, None, TAG);
        add("static axum, `fh_edge::listen`, 304", 2, Question::Unchanged, Some(floor), TAG);
        add("client-evaluated, 304", 3, Question::Unchanged, Some(floor), &whole.etag);
        add("server-evaluated, 304", 3, Question::EvaluatedUnchanged, Some(floor), &evaluated.etag);
        let floor = add("static axum, evaluated bytes", 1, Question::Evaluated, None, TAG);
        add("server-evaluated, 1,000 contexts", 3, Question::Evaluated, Some(floor), "");
        add(
            "server-evaluated, contexts all different",
            3,
            Question::EvaluatedAnew,
            Some(floor),
            "",
        );
    } else {
        eprintln!("there is no `fh` beside this program: only floors are measured");
        servers.push(Server::floor(Kind::Axum, &places.list)?);
        servers.push(Server::floor(Kind::Listen, &places.list)?);
        let floor = add("static axum", 0, Question::List, None, TAG);
        add("static axum, `fh_edge::listen`", 1, Question::List, Some(floor), TAG);
        let floor = add("static axum, 304", 0, Question::Unchanged, None, TAG);
        add("static axum, `fh_edge::listen`, 304", 1, Question::Unchanged, Some(floor), TAG);
    }
    let length = Duration::from_millis(options.milliseconds);
    let mut number = 0;
    for turn in 0..=options.turns {
        for index in 0..rows.len() {
            // Another order each time.
            let index = (index + turn * 3) % rows.len();
            let row = &mut rows[index];
            let server = &servers[row.server];
            let mut askers = Askers::new(options.connections, server.address)?;
            let before = server.usage()?;
            let asked =
                askers.ask(if turn == 0 { length / 2 } else { length }, row.status, |out| {
                    number += 1;
                    row.write(number, out);
                });
            let asked = asked.map_err(|why| format!("{}: {why}", row.name))?;
            let after = server.usage()?;
            if turn == 0 {
                continue;
            }
            row.requests.push(asked.count as f64 / asked.took.as_secs_f64());
            row.processor.push((after.processor - before.processor) * 1e6 / asked.count as f64);
            let late = asked.times.get(asked.times.len() * 99 / 100).copied().unwrap_or_default();
            row.late.push(late.as_secs_f64() * 1e3);
            row.bytes = asked.bytes / asked.count.max(1);
        }
    }
    let mut table =
        Table::new(&["answer", "bytes", "requests/s", "× static", "p99", "server µs/request"]);
    for row in &rows {
        // Turn by turn, since the machine is not the same all the time.
        let pairs = row.requests.iter().zip(&rows[row.floor].requests);
        table.row(vec![
            row.name.to_string(),
            row.bytes.to_string(),
            format!("{:.0}", middle(row.requests.iter().copied())),
            format!("{:.2}", middle(pairs.map(|(ours, floor)| ours / floor))),
            format!("{:.2} ms", middle(row.late.iter().copied())),
            format!("{:.1}", middle(row.processor.iter().copied())),
        ]);
    }
    Ok(table)
}
