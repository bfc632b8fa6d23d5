//! `fh watch`: shows features of an Edge as they change.

pub(crate) mod change_tracker;
pub(crate) mod frame;
pub(crate) mod lines;
mod release;
pub(crate) mod view;
mod wording;

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use fh_client::Client;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep, sleep_until};

use self::change_tracker::Observer;
use self::frame::Frames;
use self::lines::Lines;
use self::release::{Release, Releases};
use self::view::View;
use crate::connection_errors;
use crate::edge;
use crate::edge_query::{EdgeQuery, EdgeQueryArgs};
use crate::failure::{Failure, Status};
use crate::feature_table::Selection;
use crate::reader_end;
use crate::runtime;
use crate::screen::Screen;
use crate::seconds;
use crate::server::ready;
use crate::shutdown_signal::ShutdownSignal;
use crate::suspension::Suspension;

/// The interval of the regular updates of the view. They are needed because ages grow, rules on `now` change, and passive
/// polling needs reads.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The largest number of queued notices. Further notices are dropped.
const MOST_NOTICES: usize = 64;

/// Watch features of an Edge, or flags of a server of FeatBit or FeatureSignals, as they change.
///
/// On a terminal, `fh watch` shows a table of the values, the last changes and the state of the connection, until Ctrl-C. To
/// a pipe or a file, it writes one line for each value at the start, for each change, and for each new state of the
/// connection. With --json, each line is a JSON object. With --once and without --json, it writes a table everywhere.
/// Times are UTC. URL and KEY may be left out if environment variables hold them. If KEY is -, the key is read from stdin.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh watch https://edge.example.com ENVIRONMENT/KEY
  export FEATUREHUB_EDGE_URL=https://edge.example.com
  export FEATUREHUB_API_KEY=ENVIRONMENT/KEY
  fh watch --context userkey=fred --context country=new_zealand
  fh watch NEW_CHECKOUT BANNER
  fh watch --poll 30
  fh watch --json | jq 'select(.event == \"change\")'
  fh watch --for 60 > changes.log
  fh watch --catch
  fh watch --system featbit --url wss://flags.example --secret-file secret.txt -c keyId=bob
  fh watch --system featuresignals --url https://flags.example --environment production \\
    --secret-file key.txt -c key=bob

--catch shows the view of a program that holds updates back: values do not change,
and features with a held update are listed. An empty line (Enter) releases all
updates, and a line with keys of features releases only their updates.

Features come by a stream, or by polling if the server does not stream. Events with
--json: status, value (once for each feature), change, update (a new version of a
feature that does not change its value for this context), appeared, gone, notice;
with --catch held (an update of the feature is held back), released, withdrawn (the
update is no longer held back, for example because the Edge has undone the change).

A SIGHUP or SIGINT that is ignored at the start stays ignored, as under nohup or in
the background of a script. On systems without /proc, it ends `fh watch`.
Ctrl-Z gives the terminal back until `fg`. When `fh watch` writes to a pipe on Unix, it
ends when the reading program ends.

Exit codes: 0 ended by a signal such as Ctrl-C, by --for, --once or the end of the
reader; 2 the usage is wrong, or with --for or --once: no features have arrived.")]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    ask: EdgeQueryArgs,

    /// Poll at this interval instead of using a stream. The Edge may set another interval
    #[arg(long, value_name = "SECONDS", value_parser = seconds::positive)]
    poll: Option<Duration>,

    /// Do not use a stream. After the first features, poll only when features are read and this time has passed since the
    /// last poll. `fh watch` reads the features about once a second. The Edge may set another time
    #[arg(long, value_name = "SECONDS", value_parser = seconds::positive, conflicts_with = "poll")]
    passive: Option<Duration>,

    /// Show the first features, and hold back their updates until a line on stdin releases them
    #[arg(long)]
    catch: bool,

    /// Show the features once, as soon as they have arrived, and exit. Without --for, a refused connection is an error at
    /// once
    #[arg(long, conflicts_with = "catch")]
    once: bool,

    /// Exit after this time. If no features have arrived by then, exit with status 2
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds::positive)]
    duration: Option<Duration>,
}

pub(crate) fn run(
    args: &WatchArgs,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let watch = Watch { args, asked: args.ask.resolve(&[("--passive", args.passive.is_some())])? };
    // The rules are not known yet, so only the well-known attributes are compared.
    watch.asked.system.note_attributes(&watch.asked.who, None, screen)?;
    if args.once && !json {
        return runtime::run(watch.once(screen));
    }
    if screen.is_terminal() && !json {
        let mut frames = Frames::start(screen, frame::heading(&watch.asked), args.catch)?;
        let status = runtime::run(async {
            let mut suspension = Suspension::of_display()?;
            watch.run(&mut frames, &mut suspension).await
        })?;
        frames.end()?;
        return Ok(status);
    }
    let mut lines = Lines::new(screen, json);
    runtime::run(watch.run(&mut lines, &mut Suspension::by_system()))
}

/// The options of the command, and its Edge, context and features.
struct Watch<'a> {
    args: &'a WatchArgs,
    asked: EdgeQuery,
}

impl Watch<'_> {
    fn client(&self) -> Result<Client, Failure> {
        let builder = self.asked.server.client().initial_context(Arc::clone(&self.asked.who));
        let builder = match (self.args.poll, self.args.passive) {
            (Some(interval), _) => builder.polling(interval),
            (None, Some(interval)) => builder.passive(interval),
            (None, None) => builder,
        };
        let builder = if self.args.catch { builder.catch_updates() } else { builder };
        builder.start().map_err(edge::unstarted)
    }

    async fn run(
        &self,
        view: &mut dyn View,
        suspension: &mut Suspension,
    ) -> Result<Status, Failure> {
        let mut stop = ShutdownSignal::new()?;
        let client = self.client()?;
        let changed = Arc::new(Notify::new());
        let bell = Arc::clone(&changed);
        let _on_new_state = client.on_new_state(move |_| bell.notify_one());
        let (sender, mut notices) = mpsc::channel(MOST_NOTICES);
        let _on_notice = client.on_notice(move |notice| {
            // If the queue is full, the notice is dropped.
            let _ = sender.try_send(notice.to_string());
        });
        let EdgeQuery { system, who, features, .. } = &self.asked;
        let mut observer = Observer::new(*system, Arc::clone(who), features.clone());
        let mut releases = if self.args.catch { Releases::from_stdin() } else { Releases::none() };
        let mut ticks = ticks();
        let end = self.args.duration.map(|duration| Instant::now() + duration);
        let over = async {
            match end {
                Some(end) => sleep_until(end).await,
                None => std::future::pending().await,
            }
        };
        let reader_gone = reader_end::gone();
        tokio::pin!(over, reader_gone);
        loop {
            let status = client.status();
            // The held keys are read before the snapshot, so that an update that was released in between is in the snapshot.
            let held = client.held_keys();
            let news = observer.compare(&client.snapshot(), &held);
            view.show(&client, &observer, news)?;
            if self.args.once && observer.has_list() {
                return Ok(Status::Fine);
            }
            let is_final = self.args.duration.is_none()
                && status.problem.as_ref().is_some_and(connection_errors::is_final);
            if self.args.once && (is_final || status.readiness == fh_client::Readiness::Failed) {
                return Err(self.asked.server.no_features(&client, None));
            }
            let pause = sleep(view.pause());
            let news = async {
                // Changes during the pause are shown together.
                pause.await;
                tokio::select! {
                    _ = client.status_when(|now| is_another(now, &status)) => None,
                    () = changed.notified() => None,
                    _ = ticks.tick() => None,
                    notice = notices.recv() => notice,
                }
            };
            tokio::select! {
                () = stop.asked() => return Ok(Status::Fine),
                failure = &mut reader_gone => return Err(failure),
                () = suspension.asked() => {
                    view.suspend()?;
                    suspension.stop().await?;
                    view.resume()?;
                }
                () = &mut over => {
                    return match observer.has_list() {
                        true => Ok(Status::Fine),
                        false => Err(self.asked.server.no_features(&client, self.args.duration)),
                    };
                }
                release = releases.next() => {
                    for key in self.release(&client, &release, &mut observer) {
                        view.notice(&format!("no update of {key} is held back"))?;
                    }
                }
                notice = news => {
                    if let Some(text) = notice {
                        view.notice(&text)?;
                    }
                }
            }
        }
    }

    /// Releases held updates. Returns the requested keys of which no update is held.
    fn release<'r>(
        &self,
        client: &Client,
        release: &'r Release,
        observer: &mut Observer,
    ) -> Vec<&'r str> {
        let held = client.held_keys();
        match release {
            Release::All => {
                client.release();
                observer.released(held);
                Vec::new()
            }
            Release::Only(keys) => {
                client.release_only(keys);
                let is_said = |key: &str| keys.iter().any(|said| said == key);
                let is_held = |said: &str| held.iter().any(|key| **key == *said);
                let others = keys.iter().map(String::as_str).filter(|said| !is_held(said));
                let others = others.collect();
                observer.released(held.iter().filter(|key| is_said(key)).cloned());
                others
            }
        }
    }

    /// Writes the table as soon as the features have arrived, and returns. Returns without a table after a signal that ends
    /// the command. Fails if the time of `--for` is over before.
    async fn once(&self, screen: &mut Screen<'_>) -> Result<Status, Failure> {
        let mut stop = ShutdownSignal::new()?;
        let client = self.client()?;
        let limit = self.args.duration.unwrap_or(Duration::MAX);
        tokio::select! {
            () = stop.asked() => return Ok(Status::Fine),
            ready = ready(&*self.asked.server, &client, limit, self.args.duration) => ready?,
        }
        let snapshot = client.snapshot();
        let EdgeQuery { system, who, features, .. } = &self.asked;
        let all = system.readings(&snapshot, who);
        let selection = Selection::of(system.names(), &all, features);
        selection.write(screen, false, "no features")?;
        if !selection.shown.is_empty() {
            system.warn_of_unread(snapshot.ruleset(), screen)?;
        }
        for key in selection.missing {
            screen.aside(&format!("note: {}", wording::missing(key)))?;
        }
        Ok(Status::Fine)
    }
}

fn ticks() -> Interval {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Returns true if the two statuses differ in the readiness, the connection, the problem, the numbers of requests and
/// attempts, or in whether the features are stale.
fn is_another(one: &fh_client::Status, other: &fh_client::Status) -> bool {
    let said = |status: &fh_client::Status| {
        (status.readiness, status.connection, status.requests, status.attempts, status.is_stale)
    };
    said(one) != said(other) || one.problem != other.problem
}
