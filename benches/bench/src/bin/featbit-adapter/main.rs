//! The adapter of FeatBit's published Rust SDK: it executes one command per line of its standard input, and answers each with one line of JSON
//! (`conformance/crates/fh-featbit-sdks/src/protocol.rs`). It adds nothing to what the SDK does.
//!
//! It is a package of the benches, because the SDK needs a newer Rust than the crates of the project.
#![forbid(unsafe_code)]

mod warnings;

use std::io::{self, BufRead, Write};
use std::thread;
use std::time::{Duration, Instant};

use featbit_server_sdk::{FbClient, FbOptions, FbUser};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::warnings::WARNINGS;

/// The time between two reads of a value that is awaited.
const PAUSE: Duration = Duration::from_millis(5);
/// The time within which waiting events must be sent.
const FLUSH: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Command {
    Start { secret: String, streaming_url: String, http_url: String, wait_ms: u64 },
    Read { reads: Vec<Read> },
    Wait { read: Read, value: Value, timeout_ms: u64 },
    Track { user: User, event: String, value: f64 },
    Flush,
    Notices,
    Close,
}

#[derive(Deserialize)]
struct Read {
    user: User,
    flag: String,
    r#type: Type,
    default: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    Boolean,
    Number,
    String,
    Json,
}

/// A user in the form of FeatBit's messages.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    key_id: String,
    name: Option<String>,
    customized_properties: Vec<Property>,
}

#[derive(Deserialize)]
struct Property {
    name: String,
    value: String,
}

fn main() -> Result<(), String> {
    log::set_logger(&WARNINGS).map_err(|why| why.to_string())?;
    log::set_max_level(log::LevelFilter::Warn);
    let mut client = None;
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|why| why.to_string())?;
        let command = serde_json::from_str(&line).map_err(|why| why.to_string());
        let answer = command.and_then(|command| execute(&mut client, command));
        let answer = answer.unwrap_or_else(|error| json!({"ok": false, "error": error}));
        writeln!(output, "{answer}")
            .and_then(|()| output.flush())
            .map_err(|why| why.to_string())?;
    }
    Ok(())
}

fn execute(current: &mut Option<FbClient>, command: Command) -> Result<Value, String> {
    if let Command::Start { secret, streaming_url, http_url, wait_ms } = command {
        let options = FbOptions::builder(secret)
            .streaming_url(streaming_url)
            .event_url(http_url)
            .start_wait(Duration::from_millis(wait_ms))
            .build()
            .map_err(|why| why.to_string())?;
        let client = FbClient::with_options(options);
        let ready = client.initialized();
        *current = Some(client);
        return Ok(json!({"ok": true, "ready": ready}));
    }
    let client = current.as_ref().ok_or("there is no client")?;
    Ok(match command {
        Command::Start { .. } => unreachable!("it is handled above"),
        Command::Read { reads } => {
            let values: Vec<Value> = reads.iter().map(|one| read(client, one)).collect();
            json!({"ok": true, "values": values})
        }
        Command::Wait { read: awaited, value, timeout_ms } => {
            let deadline = Instant::now() + Duration::from_millis(timeout_ms);
            let mut seen = read(client, &awaited) == value;
            while !seen && Instant::now() < deadline {
                thread::sleep(PAUSE);
                seen = read(client, &awaited) == value;
            }
            json!({"ok": true, "seen": seen})
        }
        Command::Track { user, event, value } => {
            client.track_value(&user.build(), &event, value);
            json!({"ok": true})
        }
        Command::Flush => {
            // If the events do not arrive, the table shows it.
            let _ = client.flush_and_wait(FLUSH);
            json!({"ok": true})
        }
        Command::Notices => json!({"ok": true, "notices": WARNINGS.take()}),
        Command::Close => {
            client.close();
            *current = None;
            json!({"ok": true})
        }
    })
}

fn read(client: &FbClient, read: &Read) -> Value {
    let Read { user, flag, r#type, default } = read;
    let user = user.build();
    match r#type {
        Type::Boolean => {
            client.bool_variation(flag, &user, default.as_bool().unwrap_or_default()).into()
        }
        Type::Number => {
            client.float_variation(flag, &user, default.as_f64().unwrap_or_default()).into()
        }
        Type::String => {
            client.string_variation(flag, &user, default.as_str().unwrap_or_default()).into()
        }
        Type::Json => client.json_variation(flag, &user, default.clone()),
    }
}

impl User {
    fn build(&self) -> FbUser {
        let user = FbUser::builder(&self.key_id);
        let user = match &self.name {
            Some(name) => user.name(name),
            None => user,
        };
        let properties = self.customized_properties.iter();
        properties.fold(user, |user, it| user.custom(&it.name, &it.value)).build()
    }
}
