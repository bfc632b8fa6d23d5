//! `fh demo`: demonstrates the project with a sample shop, in one command.

use std::io::{ErrorKind, Write};

use clap::Args;
use fh_client::Client;
use fh_eval::{FeatureRef, Report, Ruleset, Timestamp};
use serde::Serialize;
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::time::{Duration, MissedTickBehavior, interval};

use crate::clock;
use crate::commands::rollout;
use crate::commands::watch::change_tracker::Observer;
use crate::commands::watch::frame::Frames;
use crate::commands::watch::lines::Lines;
use crate::commands::watch::view::View;
use crate::demo::demo_server::DemoServer;
use crate::demo::sample_users::{self, Answers, Person};
use crate::demo::timeline::{Pace, Timeline};
use crate::demo::{EXPLAINED, ROLLED_OUT, SALE, SHOP};
use crate::failure::{Failure, Status};
use crate::json_output;
use crate::runtime;
use crate::sanitize::plural;
use crate::screen::{BOLD, PLAIN, QUIET, Screen};
use crate::shell::quoted;
use crate::shutdown_signal::ShutdownSignal;
use crate::suspension::Suspension;
use crate::system::System;
use crate::systems;
use crate::written_file::unwritable;

/// The interval at which the display is redrawn without a change.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The time to read the first table, in seconds, at normal speed.
const FIRST_LOOK: f64 = 3.0;

/// See a live demonstration with the features of a sample shop.
///
/// Starts an Edge on a free port of this machine, connects a client, shows the values of sample users, changes features
/// while they are watched, explains one value and, without --json, shows one rollout. Without --keep and at the usual speed,
/// the demonstration usually ends within 20 seconds. No other program is needed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh demo
  fh demo --keep
  fh demo --write shop.json

With --json and without --write, each line is an object. Its event is started, people,
step, explanation, next, staying (with --keep), or one of the events of
`fh watch --json`.

Exit codes: 0 fine; 2 an error, for example because the Edge could not be started or
the file cannot be written.")]
pub(crate) struct DemoArgs {
    /// Keep the Edge and its console running after the demonstration, until Ctrl-C
    #[arg(long, conflicts_with = "write")]
    keep: bool,

    /// The number, from 0.1 to 10000, by which the pauses of the demonstration are divided. With 2, the pauses are half as
    /// long as usual
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = speed)]
    speed: f64,

    /// Write the sample shop's features to this file (- for stdout) instead of running the demonstration
    #[arg(long, value_name = "FILE")]
    write: Option<String>,

    /// Overwrite the file that --write names. Without --force, an existing file with other content is an error
    #[arg(long, requires = "write")]
    force: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    let factor = text.parse().ok().filter(|factor| (0.1..=10_000.0).contains(factor));
    factor.ok_or_else(|| "write a number from 0.1 to 10000, such as 2".to_string())
}

pub(crate) fn run(args: &DemoArgs, json: bool, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    match args.write.as_deref() {
        Some("-") => screen.raw().write_all(SHOP.as_bytes())?,
        Some(path) => write(path, args.force, json, screen)?,
        None => {
            // The output has the same layout everywhere, also without a terminal.
            screen.assume_usual_width();
            runtime::run_on_all_cores(live(args, json, screen))?;
        }
    }
    Ok(Status::Fine)
}

/// Writes the sample's features to a file, and reports whether the file was written. Without `force`, an existing file is not
/// replaced, and fails the command if its content differs.
fn write(path: &str, force: bool, json: bool, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| unwritable(path, error);
    let opened = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(force)
        .create_new(!force)
        .open(path);
    let is_written = match opened {
        Ok(mut file) => {
            file.write_all(SHOP.as_bytes()).map_err(|error| failed(&error))?;
            true
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // If the existing file has the same content, nothing has to be written.
            if std::fs::read(path).ok().as_deref() != Some(SHOP.as_bytes()) {
                return Err(Failure::Input(format!(
                    "{path} exists already, with other content: choose another name, or add --force"
                )));
            }
            false
        }
        Err(error) => return Err(failed(&error)),
    };
    let (member, sentence) = match is_written {
        true => ("written", format!("wrote {path}")),
        false => ("unchanged", format!("{path} has this content already")),
    };
    if json {
        json_output::document(screen.raw(), &json!({ member: path }))?;
    } else {
        screen.line(PLAIN, &sentence)?;
    }
    Ok(())
}

// The values are serialized directly, because a `serde_json::Value` would change how numbers are written.
#[derive(Serialize)]
struct PeopleRow<'a> {
    event: &'static str,
    now: Timestamp,
    people: Vec<Answers<'a>>,
}

#[derive(Serialize)]
struct ExplanationRow<'a> {
    event: &'static str,
    explanation: &'a Report,
}

/// The outcome of the demo's live part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The live part is over, and the demo continues.
    GoOn,
    /// The user has pressed Ctrl-C, or another signal to end has arrived.
    End,
}

async fn live(args: &DemoArgs, json: bool, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let mut stop = ShutdownSignal::new()?;
    let server = DemoServer::start()?;
    let client = server.client()?;
    client.ready().await.map_err(|why| Failure::Edge(why.to_string()))?;
    let mut story =
        DemoRun { server: &server, client: &client, json, pace: Pace(args.speed), screen };
    let outcome = story.run(args.keep, &mut stop).await;
    client.close();
    server.end().await;
    outcome
}

/// The values that all steps of the demo share.
struct DemoRun<'a, 's, 'w> {
    server: &'a DemoServer,
    client: &'a Client,
    json: bool,
    pace: Pace,
    screen: &'s mut Screen<'w>,
}

impl DemoRun<'_, '_, '_> {
    async fn run(&mut self, keep: bool, stop: &mut ShutdownSignal) -> Result<(), Failure> {
        self.begin(keep)?;
        self.people()?;
        self.screen.flush()?;
        tokio::select! {
            () = self.pace.rest(FIRST_LOOK) => {}
            () = stop.asked() => return Ok(()),
        }
        let then = if self.screen.is_terminal() && !self.json {
            let heading = format!("The values that Ben sees, by a stream from {}", self.server.url);
            let mut frames = Frames::start(self.screen, heading, false)?;
            let mut signals = Signals { stop, suspension: &mut Suspension::of_display()? };
            let then =
                watched(self.server, self.client, self.pace, &mut frames, &mut signals).await?;
            frames.end()?;
            then
        } else {
            if !self.json {
                self.screen.line(BOLD, "The values that Ben sees, and their changes")?;
                self.screen.end()?;
            }
            let mut lines = Lines::new(self.screen, self.json);
            let mut signals = Signals { stop, suspension: &mut Suspension::by_system() };
            watched(self.server, self.client, self.pace, &mut lines, &mut signals).await?
        };
        if then == Then::End {
            return Ok(());
        }
        self.explain()?;
        if keep {
            self.stay()?;
            self.screen.flush()?;
            stop.asked().await;
        }
        Ok(())
    }

    fn begin(&mut self, keep: bool) -> Result<(), Failure> {
        let DemoServer { url, shop_key, tests_key, admin_key, .. } = self.server;
        let console = self.server.console();
        if self.json {
            return self.row(&json!({
                "event": "started", "url": url, "console": console,
                "shopKey": shop_key, "testsKey": tests_key, "adminKey": admin_key,
            }));
        }
        let features = plural(self.client.status().features, "feature", "features");
        self.screen.line(BOLD, &format!("A shop with {features}, served by an Edge at {url}"))?;
        let stays = if keep { "the key is shown below" } else { "`--keep` keeps the console open" };
        self.screen.line(QUIET, &format!("The console: {console} ({stays})"))?;
        Ok(self.screen.end()?)
    }

    /// Shows the values that each sample person gets.
    fn people(&mut self) -> Result<(), Failure> {
        let snapshot = self.client.snapshot();
        let (ruleset, now, people) = (snapshot.ruleset(), clock::now(), Person::all());
        if self.json {
            let people = people.iter().map(|person| person.answers(ruleset, now)).collect();
            return self.row(&PeopleRow { event: "people", now, people });
        }
        self.screen.line(BOLD, "The values of each user")?;
        self.screen.end()?;
        for person in &people {
            let name = format!("  {:<8}", person.name);
            self.screen.paragraph(PLAIN, &name, &person.options.join(" "))?;
        }
        self.screen.end()?;
        sample_users::table(&people, ruleset, now).write(self.screen, 0)?;
        self.screen.line(QUIET, "* decided by a strategy; all other values are the default")?;
        Ok(self.screen.end()?)
    }

    /// Explains one value, shows a rollout unless the output is JSON, and suggests commands to try.
    fn explain(&mut self) -> Result<(), Failure> {
        let snapshot = self.client.snapshot();
        let (ruleset, now, aroha) = (snapshot.ruleset(), clock::now(), Person::aroha());
        let report = feature(ruleset, EXPLAINED)?.explain(&aroha.subject(now)).report();
        let rolled_out = feature(ruleset, ROLLED_OUT)?;
        let next = next(rolled_out.id().unwrap_or_default());
        if self.json {
            self.row(&ExplanationRow { event: "explanation", explanation: &report })?;
            let commands: Vec<&String> = next.iter().map(|(_, command)| command).collect();
            return self.row(&json!({ "event": "next", "commands": commands }));
        }
        let screen = &mut *self.screen;
        screen.end()?;
        screen.line(BOLD, &format!("Why does {} get this {EXPLAINED}?", aroha.name))?;
        screen.end()?;
        screen.lines(&report.lines())?;
        screen.end()?;
        screen.line(BOLD, &format!("How the values of {ROLLED_OUT} are distributed now"))?;
        screen.end()?;
        rollout::sampled(rolled_out, "userkey", 10_000, now, screen)?;
        screen.end()?;
        screen.line(BOLD, "Commands to try next")?;
        self.commands(&next)
    }

    /// Shows that the Edge keeps running and, unless the output is JSON, how to use it.
    fn stay(&mut self) -> Result<(), Failure> {
        let DemoServer { url, shop_key, tests_key, admin_key, .. } = self.server;
        if self.json {
            return self.row(&json!({ "event": "staying" }));
        }
        self.screen.end()?;
        self.screen.line(BOLD, "The Edge runs until Ctrl-C")?;
        self.commands(&[
            (
                "watch the features that an SDK receives",
                format!("fh watch {url} {}", quoted(shop_key)),
            ),
            ("change a feature", format!("fh set {url} {} NEW_CHECKOUT false", quoted(tests_key))),
        ])?;
        self.screen.end()?;
        self.screen.line(PLAIN, &format!("Console: {}", self.server.console()))?;
        Ok(self.screen.line(PLAIN, &format!("The console's key: {admin_key}"))?)
    }

    fn commands(&mut self, commands: &[(&str, String)]) -> Result<(), Failure> {
        for (what, command) in commands {
            self.screen.end()?;
            self.screen.line(QUIET, &format!("  # {what}"))?;
            self.screen.line(PLAIN, &format!("  {command}"))?;
        }
        Ok(())
    }

    fn row(&mut self, row: &impl Serialize) -> Result<(), Failure> {
        Ok(json_output::line(self.screen.raw(), row)?)
    }
}

/// The signals that the live display handles.
struct Signals<'a> {
    stop: &'a mut ShutdownSignal,
    suspension: &'a mut Suspension,
}

/// Runs the timeline and shows changes, until the timeline is over or the user stops the demo.
async fn watched(
    server: &DemoServer,
    client: &Client,
    pace: Pace,
    view: &mut dyn View,
    signals: &mut Signals<'_>,
) -> Result<Then, Failure> {
    let (bell, news) = watch::channel(0);
    let mut rings = news.clone();
    let _on_new_state = client.on_new_state(move |_| bell.send_modify(|count| *count += 1));
    let (sender, mut sentences) = mpsc::unbounded_channel();
    let mut timeline = Box::pin(Timeline::new(server, client, sender, news, pace).run());
    let mut observer =
        Observer::new(systems::of(System::Featurehub), Person::ben().attributes, Vec::new());
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut show = |view: &mut dyn View| {
        let seen = observer.compare(&client.snapshot(), &[]);
        view.show(client, &observer, seen)
    };
    loop {
        show(view)?;
        tokio::select! {
            biased;
            () = signals.stop.asked() => return Ok(Then::End),
            () = signals.suspension.asked() => {
                view.suspend()?;
                signals.suspension.stop().await?;
                view.resume()?;
            }
            Some(said) = sentences.recv() => {
                // Changes that have arrived are shown before the text.
                show(view)?;
                view.step(&said.text)?;
                // The timeline cannot have ended while this loop runs.
                let _ = said.shown.send(());
            }
            _ = rings.changed() => {}
            over = &mut timeline => {
                over?;
                break;
            }
            _ = ticks.tick() => {}
        }
    }
    show(view)?;
    Ok(Then::GoOn)
}

fn feature<'a>(ruleset: &'a Ruleset, key: &str) -> Result<FeatureRef<'a>, Failure> {
    ruleset.get(key).ok_or_else(|| Failure::Input(format!("the sample shop has no feature {key}")))
}

/// Returns commands to try next, with a description of each. The commands can be copied as they are.
fn next(rolled_out: &str) -> Vec<(&'static str, String)> {
    vec![
        ("write a state file for an Edge of your own", "fh init".to_string()),
        ("check the file", "fh serve --check state.yaml".to_string()),
        ("write the features of this demo to a file", "fh demo --write shop.json".to_string()),
        (
            "show the values of another context during the sale",
            format!("fh eval shop.json --now {SALE} -c userkey=fred -c country=fiji"),
        ),
        (
            "explain one value of this context",
            format!("fh explain shop.json SALE_BANNER --now {SALE} -c country=fiji"),
        ),
        (
            "show a rollout over companies instead of people",
            "fh rollout shop.json WHOLESALE_PRICES --attribute company -c account=trade"
                .to_string(),
        ),
        (
            "compare the rules with those of FeatureHub's Edge",
            format!("fh rollout shop.json {ROLLED_OUT} --compare-profile edge"),
        ),
        (
            "find user keys that get the value \"boosted\"",
            format!("fh bucket --id {rolled_out} --want 0-100000 --count 3"),
        ),
        ("find mistakes in the file", "fh lint shop.json".to_string()),
    ]
}
