//! An adapter with one defect, for the test of `adapter check`. It forwards every line to the adapter of the Rust client and back, and
//! spoils some of them: `bad_adapter PROGRAM DEFECT`, where `PROGRAM` is `fh-conformance`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, defect] = arguments.as_slice() else {
        eprintln!("usage: bad_adapter PROGRAM DEFECT");
        return ExitCode::from(2);
    };
    match forward(program, defect) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What the defects remember.
#[derive(Default)]
struct Memory {
    /// The operation of each command that has no answer yet, with its features.
    sent: BTreeMap<u64, (String, Vec<String>)>,
    /// The first answer to a read of each feature.
    first: BTreeMap<String, Value>,
    clients: Vec<String>,
    closed: BTreeSet<String>,
}

fn forward(program: &str, defect: &str) -> Result<(), String> {
    let mut child = Command::new(program)
        .args(["adapter", "rust"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let memory = Arc::new(Mutex::new(Memory::default()));
    if let Some(output) = child.stdout.take() {
        let (memory, defect) = (Arc::clone(&memory), defect.to_owned());
        thread::spawn(move || answers(output, &memory, &defect));
    }
    let ended = commands(&mut child, &memory, defect);
    if defect == "ignores-the-end" {
        thread::sleep(Duration::from_secs(60));
    }
    drop(child.stdin.take());
    let _ = child.wait();
    ended
}

fn say(line: &Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn commands(child: &mut Child, memory: &Mutex<Memory>, defect: &str) -> Result<(), String> {
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let mut command: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let (op, client) = (text(&command, "op"), text(&command, "client"));
        let id = command.get("id").and_then(Value::as_u64).unwrap_or_default();
        if let Some(answer) = own_answer(defect, &op, &client, id, &command, memory) {
            say(&answer);
            continue;
        }
        let mut known = memory.lock().unwrap_or_else(PoisonError::into_inner);
        if op == "create" {
            known.clients.push(client.clone());
        }
        if op == "close" {
            known.closed.insert(client);
        }
        if defect == "shares-clients" && op == "read" {
            let last = known.clients.last().cloned().unwrap_or_default();
            if let Some(members) = command.as_object_mut() {
                members.insert("client".to_owned(), Value::from(last));
            }
        }
        let reads = command.get("reads").and_then(Value::as_array).cloned().unwrap_or_default();
        let features = reads.iter().map(|read| text(read, "feature")).collect();
        known.sent.insert(id, (op.clone(), features));
        drop(known);
        if defect == "creates-slowly" && op == "create" {
            // Longer than the limit of a second becomes on a busy machine.
            thread::sleep(Duration::from_secs(7));
        }
        let input = child.stdin.as_mut().ok_or("no input")?;
        writeln!(input, "{command}")
            .and_then(|()| input.flush())
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Returns the answer of a defect that does not forward the command.
fn own_answer(
    defect: &str,
    op: &str,
    client: &str,
    id: u64,
    command: &Value,
    memory: &Mutex<Memory>,
) -> Option<Value> {
    let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    let error = |code: &str| json!({ "id": id, "error": { "code": code, "message": defect } });
    match defect {
        "refuses-unknown-members" if command.get("a_member_of_a_later_version").is_some() => {
            Some(error("adapter"))
        }
        "answers-unknown-clients"
            if op == "state" && !memory.clients.iter().any(|known| known == client) =>
        {
            Some(json!({ "id": id, "readiness": "NOT_READY" }))
        }
        "refuses-what-it-declares" if op == "wait" => Some(error("unsupported")),
        "has-no-polls" if op == "create" && text(command, "mode") != "stream" => {
            Some(error("unsupported"))
        }
        "forgets-closed-clients" if op != "close" && memory.closed.contains(client) => {
            Some(error("adapter"))
        }
        _ => None,
    }
}

fn answers(output: ChildStdout, memory: &Mutex<Memory>, defect: &str) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let Ok(mut line) = serde_json::from_str::<Value>(&line) else { continue };
        if defect == "dies-with-a-listener" && line.get("event") == Some(&json!("called")) {
            say(&line);
            std::process::exit(1);
        }
        let id = line.get("id").and_then(Value::as_u64).unwrap_or_default();
        let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((op, features)) = memory.sent.remove(&id) {
            spoil(defect, &op, &features, &mut line, &mut memory);
            if defect == "prints" && op == "state" {
                println!("the client has a state");
            }
        }
        say(&line);
    }
}

fn spoil(defect: &str, op: &str, features: &[String], line: &mut Value, memory: &mut Memory) {
    let Some(members) = line.as_object_mut() else { return };
    match (defect, op) {
        ("speaks-protocol-2", "hello") => {
            members.insert("protocol".to_owned(), json!(2));
        }
        ("names-no-capability", "hello") => deny(members, "flight"),
        ("denies-what-it-can", "hello") => deny(members, "refresh"),
        ("has-no-polls", "hello") => deny(members, "transport.poll"),
        ("ignores-nonsense", "create") => {
            members.insert("ignored".to_owned(), json!(["speed"]));
        }
        ("reverses-answers", "read") => {
            if let Some(answers) = members.get_mut("answers").and_then(Value::as_array_mut) {
                answers.reverse();
            }
        }
        ("drops-decimals", "read") => {
            for answer in answers_of(members) {
                answer.remove("text");
            }
        }
        ("caches", "read") => {
            for (answer, feature) in answers_of(members).into_iter().zip(features) {
                let value = answer.get("value").cloned().unwrap_or_default();
                if !value.is_null() {
                    let first = memory.first.entry(feature.clone()).or_insert(value).clone();
                    answer.insert("value".to_owned(), first);
                }
            }
        }
        _ => {}
    }
}

/// Adds a capability to those that the SDK lacks.
fn deny(members: &mut serde_json::Map<String, Value>, capability: &str) {
    if let Some(cannot) = members.get_mut("cannot").and_then(Value::as_object_mut) {
        cannot.insert(capability.to_owned(), json!("the SDK lacks it"));
    }
}

fn answers_of(
    members: &mut serde_json::Map<String, Value>,
) -> Vec<&mut serde_json::Map<String, Value>> {
    let answers = members.get_mut("answers").and_then(Value::as_array_mut);
    answers.into_iter().flatten().filter_map(Value::as_object_mut).collect()
}
