//! L: an Edge that is killed again and again.

use std::thread;
use std::time::{Duration, Instant};

use fh_test_servers::featurehub::{Behaviour, Closing, Feature, Route};

use crate::deadline::Deadline;
use crate::protocol::Create;
use crate::sdk::{
    Group, Scenario, Scene, SdkClient, Stage, Stop, TEMPO, Tempo, Verdict, breach, check, equal,
    patience,
};
use crate::served_value::{number, value};

/// The scenarios of restarts.
pub(super) const GROUP: Group = Group {
    name: "L",
    title: "restarts",
    scenarios: &[Scenario {
        id: "L-001",
        name: "restarts-under-reads",
        tier: 2,
        requires: &["transport.stream"],
        needs: &["retry.initial_ms", "retry.max_ms"],
        given: "a streaming client whose values are read all the time",
        when: "the Edge is killed and comes back 50 times, at once or after attempts in vain, and breaks off updates in the middle",
        then: "each read returns a value that was served, never an older one than before; the client is back within its longest delay, sends \
               at most two requests a second, and needs no more memory at the end",
        decision: "D-64, D-76",
        bites: &["CutEventsCount"],
        slow: true,
        tempo: RESTARTS,
        stage,
        run,
    }],
    not_executed: &[],
};

/// Delays in a fiftieth of their time. A stream counts as healthy at once, so that delays do not grow from restart to restart.
const RESTARTS: Tempo = Tempo {
    retry: Duration::from_millis(20),
    retry_max: Duration::from_millis(600),
    jitter: 0.5,
    healthy_after: Duration::ZERO,
    ..TEMPO
};

/// The feature that the readers of an adapter read.
const STATE: &str = "STATE";
/// Number of threads that read.
const READERS: u32 = 8;
/// Number of restarts, and of those of an SDK whose delays cannot be set.
const COUNTS: (u32, u32) = (50, 5);
/// After so many restarts the Edge stays away for as long as the longest delay.
const LONG: u32 = 5;
/// The time that a busy machine may add to a delay.
const SLACK: Duration = Duration::from_secs(5);

fn stage(stage: &Stage) {
    stage.edge().set_feature(Feature::string(STATE, &value(1)));
}

/// Sends the list, and an update that breaks off before its end: it was never served.
fn torn() -> Behaviour {
    let update = Feature::string(STATE, "torn").version(u64::from(u32::MAX)).json();
    Behaviour::sse()
        .ack()
        .features()
        .body(format!("event: feature\ndata: {update}\n"))
        .close(Closing::Rst)
}

/// A client that is read, and the last value that it had.
struct Reader {
    client: SdkClient,
    last: u64,
}

impl Reader {
    /// Reads once.
    fn read(&mut self) -> Verdict {
        let read = self.client.string(STATE)?;
        let served = read.as_str().and_then(number);
        let expected = || format!("value {} or later", self.last);
        if self.last == 0 && read.is_null() {
            return Ok(());
        }
        match served {
            Some(served) if served >= self.last => {
                self.last = served;
                Ok(())
            }
            Some(_) => Err(Stop::failed("values do not go back", expected(), read.to_string())),
            None => Err(Stop::failed("only served values", expected(), read.to_string())),
        }
    }

    /// Reads again and again until a condition holds. Returns false if it does not hold before the wait is over.
    fn until(
        &mut self,
        is_over: impl Fn() -> bool,
        mut holds: impl FnMut(&Self) -> Result<bool, Stop>,
    ) -> Result<bool, Stop> {
        loop {
            self.read()?;
            if holds(self)? {
                return Ok(true);
            }
            if is_over() {
                return Ok(false);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Reads again and again for a time.
    fn read_for(&mut self, time: Duration) -> Verdict {
        let end = Instant::now() + time;
        self.until(|| Instant::now() >= end, |_| Ok(false)).map(drop)
    }

    /// Reads until a value arrives.
    fn until_value(&mut self, label: &str, served: u64) -> Verdict {
        let deadline = Deadline::after(patience());
        let arrived = self.until(|| deadline.is_over(), |reader| Ok(reader.last >= served))?;
        check(label, arrived, &format!("value {served}"), || format!("value {}", self.last))
    }

    /// Reads while the Edge is away for as long as the longest delay, and checks the number of attempts in this time. No attempt reaches the
    /// Edge, so only the SDK can count them.
    fn away(&mut self, scene: &Scene<'_>, sent: Option<u64>) -> Verdict {
        let begun = Instant::now();
        self.read_for(scene.tempo().retry_max)?;
        let (Some(before), Some(after)) = (sent, self.client.state()?.sent) else { return Ok(()) };
        let paces = begun.elapsed().as_secs_f64() / scene.tempo().pace().as_secs_f64();
        let most = 2.0 * (paces + 1.0);
        let attempts = after.saturating_sub(before);
        let label = "at most two attempts a second while the Edge is away";
        check(label, float(attempts) <= most, &format!("at most {most:.0}"), || {
            attempts.to_string()
        })
    }

    /// Reads until the client has sent more requests. An SDK that does not count them gets the time for one.
    fn until_sent(&mut self, sent: Option<u64>, more: u64, retry: Duration) -> Verdict {
        let Some(sent) = sent else { return self.read_for(retry) };
        let is_sent =
            |reader: &Self| Ok(reader.client.state()?.sent.is_some_and(|now| now >= sent + more));
        let deadline = Deadline::after(patience());
        let tried = self.until(|| deadline.is_over(), is_sent)?;
        check("attempts while the Edge is away", tried, "attempts", || "none".to_owned())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a small number")]
fn float(number: u64) -> f64 {
    number as f64
}

fn run(scene: &Scene<'_>) -> Verdict {
    let (edge, tempo) = (scene.edge(), scene.tempo());
    let count = if tempo.retry <= RESTARTS.retry { COUNTS.0 } else { COUNTS.1 };
    let client = scene.create(Create { readers: Some(READERS), ..scene.streaming() })?;
    let mut reader = Reader { client: client.clone(), last: 0 };
    let mut served = 1;
    reader.until_value("the first value", served)?;
    let streams = |label: &str| scene.until(label, "a stream", |seen| seen.live_streams() == 1);
    streams("the first stream")?;
    let mut waits = Vec::new();
    let mut warm = None;
    for restart in 0..count {
        if restart % 5 == 4 {
            edge.script(Route::Stream, [torn()], Behaviour::healthy());
        }
        let sent = client.state()?.sent;
        edge.kill();
        let in_vain = u64::from(restart % 4);
        if restart % LONG == LONG - 1 {
            reader.away(scene, sent)?;
        } else if in_vain > 0 {
            reader.until_sent(sent, in_vain, tempo.retry)?;
        }
        served += 1;
        edge.set_value(STATE, value(served));
        let requests = edge.recording().count(Route::Stream);
        edge.listen_again()
            .map_err(|error| Stop::failed("the Edge listens again", "a port", error.to_string()))?;
        let listening = Instant::now();
        scene.until_requests("a stream after a restart", Route::Stream, requests + 1)?;
        waits.push(listening.elapsed());
        // The value comes with the list, the next one as an update.
        reader.until_value("value after a restart", served)?;
        streams("the stream after a restart")?;
        served += 1;
        edge.set_value(STATE, value(served));
        reader.until_value("update after a restart", served)?;
        // By now everything exists that is created once.
        if restart + 1 == count.div_ceil(5) {
            warm = scene.process_use().ok();
        }
    }
    equal("what the readers saw wrong", client.wrong_reads(), Vec::<String>::new())?;
    let longest = waits.iter().max().copied().unwrap_or_default();
    scene.measure("longest s", longest.as_secs_f64());
    let most = tempo.retry_max + SLACK + scene.lateness().slack();
    check("back within the longest delay", longest <= most, &format!("{most:?}"), || {
        format!("{longest:?}")
    })?;
    let seen = edge.recording();
    let times: Vec<Instant> = seen.requests.iter().map(|seen| seen.request.at).collect();
    let found = breach(&times, tempo.pace(), scene.lateness().slack());
    check("at most two requests a second", found.is_none(), "the pace", || {
        found.map(|breach| breach.to_string()).unwrap_or_default()
    })?;
    let Some(warm) = warm else { return Ok(()) };
    let most = warm.resident + if scene.is_own() { 2_000_000 } else { 64_000_000 };
    let now = scene.process_use()?.resident;
    scene.measure("kB grown", float(now.saturating_sub(warm.resident) / 1000));
    check("memory after the restarts", now <= most, &format!("at most {most} bytes"), || {
        now.to_string()
    })
}
