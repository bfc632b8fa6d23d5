//! One run of a scenario: the Edge, the adapter and its clients.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use fh_test::wait::Lateness;
use fh_test_servers::featurehub::{FakeEdge, Recording, Route};

use crate::adapter::{Adapter, AskError, Timeline, TimelineEntry, TimelineKind};
use crate::deadline::Deadline;
use crate::protocol::{CommandError, Create, Created, ErrorCode, Mode, Sdk};

use super::client::SdkClient;
use super::edge_timeline;
use super::patience;
use super::runner::Measurement;
use super::scenario::{Scenario, Verdict};
use super::stage::{EdgeProtocol, Stage, Tls};
use super::stop::{Failure, Skip, Stop};
use super::subject::{Subject, is_ignored};
use super::tempo::{Delays, Tempo, is_delay};

/// The longest time by which a wait for many requests is longer than other waits.
const LONGEST_DELAYS: Duration = Duration::from_secs(60);

/// One run of a scenario.
#[derive(Debug)]
pub struct Scene<'s> {
    scenario: &'s Scenario,
    subject: &'s Subject,
    stage: Stage,
    adapter: Rc<RefCell<Adapter>>,
    timeline: Timeline,
    lateness: Lateness,
    tempo: Tempo,
    clients: Cell<u32>,
    folder: RefCell<Option<tempfile::TempDir>>,
    ignored: RefCell<BTreeSet<String>>,
    measurements: RefCell<Vec<Measurement>>,
}

impl<'s> Scene<'s> {
    /// Sets up the Edge and starts the adapter. The caller has checked the capabilities that the scenario requires.
    ///
    /// # Errors
    /// The reason for which the scenario does not apply, or the failure of the adapter.
    pub fn start(
        scenario: &'s Scenario,
        subject: &'s Subject,
        timeline: Timeline,
        delays: Delays,
    ) -> Result<Self, Stop> {
        let fixed = scenario.needs.iter().find(|need| !is_delay(need) && subject.ignores(need));
        if let Some(need) = fixed {
            return Err(Stop::Skipped(Skip::Unconfigurable((*need).to_owned())));
        }
        // Delays that the SDK does not take cannot be shortened.
        let is_scaled = delays == Delays::Scaled && !subject.ignores("retry.initial_ms");
        let tempo = if is_scaled { scenario.tempo } else { scenario.tempo.unscaled() };
        let tempo = tempo
            .adapt(scenario.needs, &subject.hello.defaults, |need| subject.ignores(need))
            .map_err(|need| Stop::Skipped(Skip::Unconfigurable(need.to_owned())))?;
        let no_port =
            |error: std::io::Error| Stop::Skipped(Skip::System(format!("a port: {error}")));
        let mut stage = Stage::start(tempo).map_err(no_port)?;
        stage.speak(subject.protocol).map_err(no_port)?;
        (scenario.stage)(&stage);
        let adapter = Adapter::start(&subject.command, timeline.clone())
            .map_err(|error| Stop::failed("the adapter starts", "a process", error))?;
        Ok(Self {
            scenario,
            subject,
            stage,
            adapter: Rc::new(RefCell::new(adapter)),
            timeline,
            lateness: Lateness::watch(),
            tempo,
            clients: Cell::new(0),
            folder: RefCell::new(None),
            ignored: RefCell::default(),
            measurements: RefCell::new(Vec::new()),
        })
    }

    /// Returns the Edge that clients connect to.
    #[must_use]
    pub fn edge(&self) -> &FakeEdge {
        self.stage.edge()
    }

    /// Returns all Edges.
    #[must_use]
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Returns the delays of the client.
    #[must_use]
    pub fn tempo(&self) -> Tempo {
        self.tempo
    }

    /// Returns the measured lateness of this machine.
    #[must_use]
    pub fn lateness(&self) -> &Lateness {
        &self.lateness
    }

    /// Returns the name and the version of the SDK.
    #[must_use]
    pub fn sdk(&self) -> &Sdk {
        &self.subject.hello.sdk
    }

    /// Returns the protocol between clients and the Edge.
    #[must_use]
    pub fn protocol(&self) -> EdgeProtocol {
        self.subject.protocol
    }

    /// Returns true if the SDK is the one of this project, which must keep narrower bounds.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.sdk().name == "fh-rust"
    }

    /// Returns true if the SDK has the capability.
    #[must_use]
    pub fn can(&self, capability: &str) -> bool {
        self.subject.hello.has(capability)
    }

    /// Returns true if the SDK takes the setting with this path, such as `refused`. It counts what the clients of this scenario ignored, so
    /// a scenario creates its client first.
    #[must_use]
    pub fn sets(&self, setting: &str) -> bool {
        !self.subject.ignores(setting) && !is_ignored(&*self.ignored.borrow(), setting)
    }

    /// Adds a step to the timeline, for readers of a failure.
    pub fn note(&self, text: &str) {
        self.timeline.note(TimelineKind::Step, text);
    }

    /// Returns a folder for stores that is removed after the scenario.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn folder(&self) -> Result<PathBuf, Stop> {
        let mut folder = self.folder.borrow_mut();
        if folder.is_none() {
            let made = tempfile::tempdir()
                .map_err(|error| Stop::Skipped(Skip::System(format!("a folder: {error}"))))?;
            *folder = Some(made);
        }
        Ok(folder.as_ref().map(|folder| folder.path().to_owned()).unwrap_or_default())
    }

    /// Adds a number to the result of the scenario, for reports.
    pub fn measure(&self, name: &'static str, value: f64) {
        self.measurements.borrow_mut().push(Measurement { name, value });
    }

    /// Returns what the scenario measured so far.
    #[must_use]
    pub fn measurements(&self) -> Vec<Measurement> {
        self.measurements.borrow().clone()
    }

    /// Returns the settings of a client that follows changes: by a stream if the SDK can, otherwise by polls.
    #[must_use]
    pub fn following(&self) -> Create {
        if self.can("transport.stream") { self.streaming() } else { self.polling() }
    }

    /// Returns the settings of a streaming client.
    #[must_use]
    pub fn streaming(&self) -> Create {
        Create { mode: Mode::Stream, ..Create::default() }
    }

    /// Returns the settings of a polling client.
    #[must_use]
    pub fn polling(&self) -> Create {
        Create { mode: Mode::Poll, ..Create::default() }
    }

    /// Returns the settings of a client that receives updates: a streaming client if the SDK has streams, else a polling one.
    #[must_use]
    pub fn updating(&self) -> Create {
        if self.can("transport.stream") { self.streaming() } else { self.polling() }
    }

    /// Creates a client that receives updates, and waits until it is ready.
    ///
    /// # Errors
    /// The failed check, or the reason to skip.
    pub fn ready_client(&self) -> Result<SdkClient, Stop> {
        let client = self.create(self.updating())?;
        client.until_ready()?;
        Ok(client)
    }

    /// Creates a client. Missing settings get the URL and the client-evaluated key of the Edge, and the delays of the scenario.
    ///
    /// # Errors
    /// The failed check; or the reason to skip, if the SDK ignores a setting that matters here.
    pub fn create(&self, create: Create) -> Result<SdkClient, Stop> {
        self.clients.set(self.clients.get() + 1);
        self.create_as(&format!("c{}", self.clients.get()), create)
    }

    /// Creates a client with a name, which may be that of a closed client. An adapter that keeps closed clients by their names drops the
    /// former one.
    ///
    /// # Errors
    /// As [`Scene::create`].
    pub fn create_as(&self, name: &str, create: Create) -> Result<SdkClient, Stop> {
        let (name, answer) = self.try_create(name, create)?;
        match answer {
            Ok(created) => {
                self.ignored.borrow_mut().extend(created.ignored.iter().cloned());
                self.refuse_ignored(&created)?;
                Ok(SdkClient::new(Rc::clone(&self.adapter), name, self.can("ready.wait")))
            }
            Err(error) => Err(Stop::of_command("create", &AskError::Answered(error))),
        }
    }

    /// Tries to create a client that the SDK must refuse, and returns the error.
    ///
    /// # Errors
    /// The failed check, if the SDK accepts the settings.
    pub fn create_refused(&self, label: &str, create: Create) -> Result<CommandError, Stop> {
        match self.try_create("refused", create)?.1 {
            Err(error) if error.code == ErrorCode::Sdk => Ok(error),
            Err(error) => Err(Stop::failed(label, "an error of the SDK", format!("{error:?}"))),
            Ok(_) => Err(Stop::failed(label, "an error of the SDK", "a client")),
        }
    }

    fn try_create(
        &self,
        name: &str,
        mut create: Create,
    ) -> Result<(String, Result<Created, CommandError>), Stop> {
        create.client = name.to_owned();
        if create.edge_url.is_empty() {
            let entrance = self.stage.entrance();
            create.edge_url = entrance.map_or_else(|| self.edge().url(), Tls::url);
            create.ca_pem = create.ca_pem.or(entrance.map(|tls| tls.authority().to_owned()));
        }
        if create.keys.is_empty() {
            create.keys = vec![self.edge().client_key()];
        }
        self.tempo.apply(&mut create);
        let answer = self.adapter.borrow_mut().ask_as::<Created>("create", &create);
        match answer {
            Ok(created) => Ok((create.client, Ok(created))),
            Err(AskError::Answered(error)) => Ok((create.client, Err(error))),
            Err(error) => Err(Stop::of_command("create", &error)),
        }
    }

    /// Skips the scenario if the client ignored a setting that the scenario gave or needs. Delays that it does not need may be ignored.
    fn refuse_ignored(&self, created: &Created) -> Verdict {
        let known = |setting: &str| {
            self.scenario.needs.contains(&setting)
                && is_delay(setting)
                && self.subject.ignores(setting)
        };
        let needed = self
            .scenario
            .needs
            .iter()
            .find(|need| is_ignored(&created.ignored, need) && !known(need))
            .map(|need| (*need).to_owned());
        // Readers only see more than the runner does.
        let matters = |setting: &&String| !is_delay(setting) && *setting != "readers";
        let given = created.ignored.iter().find(matters).cloned();
        match needed.or(given) {
            Some(setting) => Err(Stop::Skipped(Skip::Unconfigurable(setting))),
            None => Ok(()),
        }
    }

    /// Ends the adapter and starts it again, as after a restart of the program. Former clients are gone.
    ///
    /// # Errors
    /// The failed check, if the adapter cannot be started.
    pub fn restart_adapter(&self) -> Verdict {
        self.note("the program restarts");
        let mut adapter = self.adapter.borrow_mut();
        if let Some(broken) = adapter.broken() {
            return Err(Stop::failed(Failure::PROTOCOL, "lines of the protocol", broken));
        }
        adapter.end();
        *adapter = Adapter::start(&self.subject.command, self.timeline.clone())
            .map_err(|error| Stop::failed("the adapter starts", "a process", error))?;
        Ok(())
    }

    /// Waits until a route has received `count` requests. The wait is longer for an SDK whose delays cannot be set.
    ///
    /// # Errors
    /// The failed check, after a long time.
    pub fn until_requests(
        &self,
        label: &str,
        route: Route,
        count: usize,
    ) -> Result<Recording, Stop> {
        let delay = self.tempo.poll.max(self.tempo.retry_max);
        let delays = delay.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        let patience = self.patience() + delays.min(LONGEST_DELAYS);
        let expected = format!("{count} requests");
        self.until_within(patience, label, &expected, |seen| seen.count(route) >= count)
    }

    /// Waits until the recording of the Edge satisfies a condition.
    ///
    /// # Errors
    /// The failed check, after a long time.
    pub fn until(
        &self,
        label: &str,
        expected: &str,
        condition: impl FnMut(&Recording) -> bool,
    ) -> Result<Recording, Stop> {
        self.until_within(self.patience(), label, expected, condition)
    }

    /// Waits for at most this time until the recording of the Edge satisfies a condition. A late machine lengthens the time.
    ///
    /// # Errors
    /// The failed check.
    pub fn until_within(
        &self,
        patience: Duration,
        label: &str,
        expected: &str,
        mut condition: impl FnMut(&Recording) -> bool,
    ) -> Result<Recording, Stop> {
        let deadline = Deadline::after(patience);
        loop {
            match self.edge().wait_until(deadline.left(), &mut condition) {
                Ok(()) => return Ok(self.edge().recording()),
                Err(error) if deadline.is_over() => {
                    // The error names the time of the last part of the wait.
                    let text = error.to_string();
                    let recorded = text.split_once("; ").map_or(&*text, |(_, recorded)| recorded);
                    let actual = format!("not within {}; {recorded}", deadline.waited());
                    return Err(Stop::failed(label, expected, actual));
                }
                Err(_) => {}
            }
        }
    }

    /// Waits until a value is found in the recording of the Edge. Returns the recording if there is none after a long time.
    ///
    /// # Errors
    /// The recording.
    pub fn wait_for<T>(
        &self,
        mut find: impl FnMut(&Recording) -> Option<T>,
    ) -> Result<T, Box<Recording>> {
        let deadline = Deadline::after(self.patience());
        loop {
            match self.edge().wait_for(deadline.left(), &mut find) {
                Ok(found) => return Ok(found),
                Err(_) if deadline.is_over() => return Err(Box::new(self.edge().recording())),
                Err(_) => {}
            }
        }
    }

    /// Returns true if the recording satisfies a condition within a time, which grows while the machine is late.
    pub fn happens_within(
        &self,
        limit: Duration,
        mut condition: impl FnMut(&Recording) -> bool,
    ) -> bool {
        let deadline = Deadline::after(limit);
        loop {
            if self.edge().wait_until(deadline.left(), &mut condition).is_ok() {
                return true;
            }
            if deadline.is_over() {
                return false;
            }
        }
    }

    /// Checks that the Edge receives no request of a route for a time from now.
    ///
    /// # Errors
    /// The failed check.
    pub fn no_request(&self, label: &str, route: Route, watch: Duration) -> Verdict {
        let before = self.edge().recording().count(route);
        self.at_most(label, route, before, watch)
    }

    /// Checks that a client that polls only when a feature is read sends no poll for a time without a read. The last read may have
    /// caused a poll that has not arrived yet, so the time begins once more after one poll.
    ///
    /// # Errors
    /// The failed check.
    pub fn no_poll_without_a_read(&self, watch: Duration) -> Verdict {
        let label = "no request without a read";
        let first = self.no_request(label, Route::Poll, watch);
        first.or_else(|_| self.no_request(label, Route::Poll, watch))
    }

    /// Checks that the number of requests of a route stays at most `count` for a time from now.
    ///
    /// # Errors
    /// The failed check.
    pub fn at_most(&self, label: &str, route: Route, count: usize, watch: Duration) -> Verdict {
        let begin = Instant::now();
        match self.edge().wait_until(watch, |seen| seen.count(route) > count) {
            Err(_) => Ok(()),
            Ok(()) => Err(Stop::failed(
                label,
                format!("at most {count} requests for {watch:?}"),
                format!("one more after {:?}", begin.elapsed()),
            )),
        }
    }

    /// Checks that the Edge receives no request of any route within a time after a moment, which may be that of a request.
    ///
    /// # Errors
    /// The failed check.
    pub fn no_request_since(&self, label: &str, since: Instant, watch: Duration) -> Verdict {
        let left = (since + watch).saturating_duration_since(Instant::now());
        let after = |seen: &Recording| {
            let late = seen.within(since..since + watch).map(|seen| seen.request.at);
            late.filter(|at| *at > since).min()
        };
        match self.edge().wait_for(left, after) {
            Err(_) => Ok(()),
            Ok(at) => Err(Stop::failed(
                label,
                format!("no request for {watch:?}"),
                format!("one after {:?}", at.saturating_duration_since(since)),
            )),
        }
    }

    /// Returns the time after which a wait gives up. It is longer than the longest delay of the client.
    #[must_use]
    pub fn patience(&self) -> Duration {
        if super::is_impatient() { patience() } else { patience().max(self.tempo.refused_max * 3) }
    }

    /// Returns the adapter, for checks that no method here covers.
    #[must_use]
    pub fn adapter(&self) -> &Rc<RefCell<Adapter>> {
        &self.adapter
    }

    /// Returns the entries of the timeline, with those of the Edges.
    #[must_use]
    pub fn merged_timeline(&self) -> Vec<TimelineEntry> {
        let mut edges = edge_timeline::entries("", self.edge());
        if let Some(other) = self.stage.started_other() {
            edges.extend(edge_timeline::entries("other Edge: ", other));
        }
        self.timeline.merged(edges)
    }
}
