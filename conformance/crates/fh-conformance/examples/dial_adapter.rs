//! An adapter that dials, for tests: `dial_adapter PROGRAM… ADDRESS` carries the lines of an adapter on standard input and output, and
//! `dial_adapter DEFECT ADDRESS` violates the protocol.

#[path = "../tests/dial/http.rs"]
mod http;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, ExitCode, Stdio, exit};
use std::thread;
use std::time::Duration;

use http::{Answer, request, send};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((address, words)) = words.split_last() else { return ExitCode::from(2) };
    let defect = words.first().map(String::as_str).unwrap_or_default();
    let outcome = match defect {
        "never-dials" => rest(),
        "silent-after-one-answer" => {
            next(address).and_then(|_| post(address, "{\"id\":1}")).and_then(|()| rest())
        }
        "dead" => next(address).map(|_| exit(3)),
        "wrong-id" => {
            next(address).and_then(|_| post(address, "{\"id\":77}")).and_then(|()| rest())
        }
        "chatter" => next(address).and_then(|_| post(address, "hello")).and_then(|()| rest()),
        "too-large" => next(address).and_then(|_| too_large(address)).and_then(|()| rest()),
        "stays" => answer_and_stay(address),
        _ => carry(words, address),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Waits until the process is killed.
fn rest() -> Result<(), String> {
    thread::sleep(Duration::from_secs(600));
    Ok(())
}

fn next(address: &str) -> Result<Option<String>, String> {
    loop {
        let answer = request("GET", &format!("{address}/next"), "").map_err(text)?;
        match answer {
            Answer { status: 200, body, .. } => return Ok(Some(body)),
            Answer { status: 204, .. } => {}
            Answer { status: 410, .. } => return Ok(None),
            other => return Err(format!("{other:?}")),
        }
    }
}

fn post(address: &str, lines: &str) -> Result<(), String> {
    let answer = request("POST", &format!("{address}/lines"), lines).map_err(text)?;
    if answer.status == 204 { Ok(()) } else { Err(format!("{answer:?}")) }
}

fn too_large(address: &str) -> Result<(), String> {
    let length = "content-length: 67108865";
    let socket = send("POST", &format!("{address}/lines"), &[length], b"").map_err(text)?;
    let answer = http::answer(socket).map_err(text)?;
    eprintln!("{}", answer.head);
    Ok(())
}

/// Answers the first command, starts a process, and ignores the end.
fn answer_and_stay(address: &str) -> Result<(), String> {
    let child = Command::new("sleep").arg("600").spawn().map_err(text)?;
    eprintln!("child {}", child.id());
    next(address)?;
    post(address, "{\"id\":1}\n")?;
    rest()
}

/// Starts an adapter and carries its lines until its input or its output ends.
fn carry(words: &[String], address: &str) -> Result<(), String> {
    let (program, arguments) = words.split_first().ok_or("no program")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(text)?;
    let output = child.stdout.take().ok_or("no output")?;
    let to = address.to_owned();
    let answers = thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Err(problem) = post(&to, &format!("{line}\n")) {
                eprintln!("{problem}");
            }
        }
    });
    let carried = commands(&mut child, address);
    drop(child.stdin.take());
    let status = child.wait().map_err(text)?;
    let _ = answers.join();
    // An adapter that ends in the middle ends this process, too.
    carried.map_err(|problem| format!("{problem} ({status})"))
}

fn commands(child: &mut Child, address: &str) -> Result<(), String> {
    while let Some(command) = next(address)? {
        let input = child.stdin.as_mut().ok_or("no input")?;
        writeln!(input, "{command}").and_then(|()| input.flush()).map_err(text)?;
    }
    Ok(())
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
