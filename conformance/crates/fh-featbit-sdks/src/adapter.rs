//! The adapter of our client.

use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use fh_client::{Client, Context, Notice, featbit};
use fh_eval::featbit::User;
use serde_json::{Value, json};

use crate::protocol::{Command, Read};
use crate::typed::{Type, is_equal};

/// The time between two reads of a value that is awaited.
const PAUSE: Duration = Duration::from_millis(5);
/// The time within which waiting events must be sent.
const FLUSH: Duration = Duration::from_secs(10);

/// Executes the commands of the standard input, one a line.
pub(crate) fn run() -> Result<(), String> {
    let mut adapter = Adapter::default();
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|why| why.to_string())?;
        let command = serde_json::from_str(&line).map_err(|why| why.to_string());
        let answer = match command.and_then(|command| adapter.execute(command)) {
            Ok(answer) => answer,
            Err(error) => json!({"ok": false, "error": error}),
        };
        writeln!(output, "{answer}")
            .and_then(|()| output.flush())
            .map_err(|why| why.to_string())?;
    }
    Ok(())
}

#[derive(Default)]
struct Adapter {
    client: Option<Client>,
    notices: Arc<Mutex<Vec<String>>>,
}

impl Adapter {
    fn execute(&mut self, command: Command) -> Result<Value, String> {
        Ok(match command {
            Command::Start { secret, streaming_url, http_url, wait_ms } => {
                let settings = featbit::Settings::new(secret)
                    .streaming_url(streaming_url)
                    .polling_url(&http_url)
                    .event_url(http_url);
                let notices = Arc::clone(&self.notices);
                let builder = Client::featbit(settings)
                    .on_notice(move |notice: &Notice| locked(&notices).push(notice.to_string()));
                let client = builder.start().map_err(|why| why.to_string())?;
                let ready = client.wait_ready(Duration::from_millis(wait_ms)).is_ok();
                self.client = Some(client);
                json!({"ok": true, "ready": ready})
            }
            Command::Read { reads } => {
                let values: Result<Vec<Value>, String> =
                    reads.iter().map(|read| self.read(read)).collect();
                json!({"ok": true, "values": values?})
            }
            Command::Wait { read, value, timeout_ms } => {
                let deadline = Instant::now() + Duration::from_millis(timeout_ms);
                let seen = loop {
                    if is_equal(&self.read(&read)?, &value) {
                        break true;
                    }
                    if Instant::now() > deadline {
                        break false;
                    }
                    thread::sleep(PAUSE);
                };
                json!({"ok": true, "seen": seen})
            }
            Command::Track { user, event, value } => {
                self.context(&user)?.track(&event, value).map_err(|why| why.to_string())?;
                json!({"ok": true})
            }
            Command::Flush => {
                self.client()?.flush(FLUSH).map_err(|why| why.to_string())?;
                json!({"ok": true})
            }
            Command::Notices => {
                let mut notices = std::mem::take(&mut *locked(&self.notices));
                let status = self.client()?.status();
                let problem = status.problem.filter(|_| notices.is_empty());
                notices.extend(problem.map(|it| format!("problem: {}", it.on(status.system))));
                json!({"ok": true, "notices": notices})
            }
            Command::Close => {
                if let Some(client) = self.client.take() {
                    client.close();
                }
                json!({"ok": true})
            }
        })
    }

    fn client(&self) -> Result<&Client, String> {
        self.client.as_ref().ok_or_else(|| "there is no client".to_string())
    }

    fn context(&self, user: &Value) -> Result<Context, String> {
        let user = User::from_json(&user.to_string()).map_err(|why| why.to_string())?;
        Ok(self.client()?.context_of(user.attributes().clone()))
    }

    fn read(&self, read: &Read) -> Result<Value, String> {
        let context = self.context(&read.user)?;
        let default = || read.default.clone();
        Ok(match read.r#type {
            Type::Boolean => context.boolean(&read.flag).map_or_else(default, Value::from),
            Type::Number => context.number(&read.flag).map_or_else(default, Value::from),
            Type::String => {
                context.string(&read.flag).map_or_else(default, |text| Value::from(&*text))
            }
            Type::Json => context.json_or(&read.flag, default()),
        })
    }
}

fn locked(notices: &Mutex<Vec<String>>) -> MutexGuard<'_, Vec<String>> {
    notices.lock().unwrap_or_else(PoisonError::into_inner)
}
