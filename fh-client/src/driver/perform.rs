//! The part of the driver that gives inputs to the session and performs the actions that the session returns.

use std::sync::Arc;

use fh_eval::{Attributes, Ruleset};
use fh_repository::notice::Notice;
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::rules::{Environments, Rules, ServerEvaluated};
use fh_repository::source::Source;
use fh_repository::status::{Connection, SessionStatus};
use fh_session::{Action, CommandId, End, Input, Request, RequestId};
use tokio::sync::oneshot;

#[cfg(feature = "featbit")]
use super::socket::Socket;
use super::updater::Updater;
use super::{Arrival, Driver, Exchange, InFlight, SWEEP_ABOVE, write_names_in_lower_case};
use crate::command::{Command, CommandResult, StoredShape};
use crate::delivery::MOST_THREADS;
use crate::server::Server;
use crate::snapshot_file::{Found, SnapshotWriter};
use crate::test_updates::Refusal;
use crate::transport::{Method, TransportErrorKind, TransportRequest};

/// Maximum number of different keys and headers of the last requests that are remembered. A problem of one request is shown until another
/// request succeeds or fails, which may take six requests with redirects.
const MOST_SENT: usize = 8;

/// The reason why a client of another system sends no test updates.
const NO_TEST_UPDATES: &str = "only an Edge of FeatureHub takes test updates";

impl Driver {
    /// Gives the session an input, and performs the actions that the session returns for it.
    pub(super) fn handle(&mut self, input: Input<'_>) {
        self.take(input);
        self.perform_actions();
    }

    /// Gives the session an input.
    pub(super) fn take(&mut self, input: Input<'_>) {
        let now = self.parts.clock.now();
        self.parts.session.handle(now, &*self.parts.wall, input);
    }

    /// Performs the actions that the session returns for its last inputs.
    pub(super) fn perform_actions(&mut self) {
        let mut settled = Vec::new();
        while let Some(action) = self.parts.session.poll() {
            settled.extend(self.perform(action));
        }
        if let Some(contact) = self.parts.session.last_contact() {
            self.parts.repository.contact(contact);
        }
        self.ended.clear();
        if let Some(context) = self.parts.session.newest_context() {
            self.parts.current.set_context(context);
        }
        // Callers are answered last, so that their next read sees the result of their command.
        for (command_id, outcome) in settled {
            if let Some(waiting) = self.waiting.remove(&command_id) {
                // Sending fails if the caller no longer waits, which is no error.
                let _ = waiting.send(outcome.map_err(|problem| self.secrets.wiped_from(problem)));
            }
        }
    }

    /// Performs an action. If the action completes a command, returns the command's outcome, which the caller gets once all actions
    /// are performed.
    fn perform(&mut self, action: Action) -> Option<(CommandId, CommandResult)> {
        match action {
            Action::CommandDone(command_id, outcome) => return Some((command_id, outcome)),
            Action::Send(request_id, request) => self.send(request_id, request),
            #[cfg(feature = "featbit")]
            Action::Connect(request_id, request) => self.open(request_id, request),
            #[cfg(feature = "featbit")]
            Action::Write(request_id, text) => self.write(request_id, text),
            // Only sessions with FeatBit open sockets.
            #[cfg(not(feature = "featbit"))]
            Action::Connect(..) | Action::Write(..) => {}
            Action::Abort(request_id) => self.end_exchange(request_id),
            Action::Publish(publication) => {
                if let Some(snapshot_writer) = &mut self.parts.snapshot_writer {
                    snapshot_writer.published(&publication.rules);
                }
                self.parts.repository.publish(publication);
            }
            Action::Revoke(environments) => self.parts.repository.revoke(&environments),
            Action::Status(status) => self.show(status),
            Action::Notice(notice) => self.note(notice),
            Action::Raw(update) => {
                if let Some(snapshot_writer) = &mut self.parts.snapshot_writer {
                    snapshot_writer.received(&update);
                }
                self.parts.repository.raw(update);
            }
            Action::ReportReads => self.parts.repository.report_reads(),
        }
        None
    }

    /// Removes secrets from a notice, logs the notice, and passes it to listeners.
    pub(crate) fn note(&mut self, notice: Notice) {
        let notice = self.secrets.wiped_off(notice);
        self.status_log.notice(&notice);
        self.parts.repository.notice(notice);
    }

    /// Reports listeners that block, and lets the others go on.
    pub(super) fn check_calls(&mut self) {
        let now = self.parts.clock.now();
        let mut running = self.parts.repository.running_calls();
        if running.is_some() {
            self.parts.dispatcher.relieve(&self.parts.repository);
        }
        // Read after the running calls, so that a request of this moment is watched.
        let awaited = self.parts.dispatcher.awaited_from_program();
        if awaited.is_some() {
            running.get_or_insert_default();
        }
        if self.blocked_calls.is_program_late(awaited, now) {
            self.parts.repository.set_all_threads_taken(true);
        }
        let threads = if awaited.is_some() { 0 } else { MOST_THREADS };
        let taken = self.parts.repository.are_all_threads_taken().then_some(threads);
        for notice in self.blocked_calls.check(running, taken, now) {
            self.note(notice);
        }
    }

    fn show(&mut self, mut status: SessionStatus) {
        status.problem = status.problem.map(|problem| self.secrets.wiped_from(problem));
        self.status_log.status(&self.parts.repository.status(), &status);
        if let Some(snapshot_writer) = &mut self.parts.snapshot_writer {
            snapshot_writer.status(&status);
        }
        #[cfg(feature = "featbit")]
        self.parts.current.set_clock_offset(status.clock_offset.unwrap_or_default());
        self.parts.repository.set_status(status);
    }

    /// Removes the secrets of the current keys and headers, and those of the last requests, from later errors and logs.
    fn renew_secrets(&mut self) {
        let sent = self.sent.iter().map(|(server, headers)| (server, &**headers));
        let present = (&self.parts.server, &*self.parts.headers);
        self.secrets = Server::secrets(sent.chain([present]));
    }

    /// Remembers the keys and the headers of a request, as long as its problem may be shown.
    fn remember_sent(&mut self) {
        let (server, headers) = (&self.parts.server, &self.parts.headers);
        if self.sent.back().is_some_and(|last| last.0 == *server && last.1 == *headers) {
            return;
        }
        if self.sent.len() == MOST_SENT {
            self.sent.pop_front();
        }
        self.sent.push_back((server.clone(), headers.clone()));
        self.renew_secrets();
    }

    fn request(&mut self, mut request: Request) -> TransportRequest {
        self.remember_sent();
        request.headers.extend_from_slice(&self.parts.headers);
        TransportRequest {
            method: if request.body.is_some() { Method::Post } else { Method::Get },
            url: request.url,
            headers: request.headers,
            body: request.body.map(Into::into),
            connect_timeout: self.parts.connect_timeout,
        }
    }

    fn send(&mut self, request_id: RequestId, request: Request) {
        let request = self.request(request);
        let exchange = InFlight::Http(Exchange::new(&*self.parts.transport, request));
        self.exchanges.push((request_id, exchange));
    }

    /// Opens a socket.
    #[cfg(feature = "featbit")]
    fn open(&mut self, request_id: RequestId, request: Request) {
        let request = self.request(request);
        let nonce = crate::seed::nonce();
        let limit = self.parts.message_limit;
        let socket = Socket::open(&*self.parts.transport, request, nonce, limit);
        let socket = InFlight::Socket(Box::new(socket));
        self.exchanges.push((request_id, socket));
    }

    /// Sends a message on a socket, unless it has ended.
    #[cfg(feature = "featbit")]
    fn write(&mut self, request_id: RequestId, text: String) {
        let found = self.exchanges.iter_mut().find(|(in_flight, _)| *in_flight == request_id);
        if let Some((_, InFlight::Socket(socket))) = found {
            socket.write(text);
        }
    }

    /// Ends the request in flight with this id.
    fn end_exchange(&mut self, request_id: RequestId) {
        self.ended.extend(self.exchanges.extract_if(.., |(in_flight, _)| *in_flight == request_id));
    }

    pub(super) fn arrived(&mut self, request_id: RequestId, arrival: Arrival) {
        if arrival.is_end() {
            self.end_exchange(request_id);
        }
        match arrival {
            Arrival::Head(head) => self.handle(Input::Opened { request_id, head: &head }),
            Arrival::Piece(bytes) => self.handle(Input::Bytes { request_id, bytes: &bytes }),
            #[cfg(feature = "featbit")]
            Arrival::Text(text) => self.take_messages(request_id, text),
            #[cfg(feature = "featbit")]
            Arrival::Progress(bytes) => self.handle(Input::Progress { request_id, bytes }),
            #[cfg(feature = "featbit")]
            Arrival::Closed(code) => {
                self.handle(Input::Closed { request_id, end: End::Closed(code) });
            }
            #[cfg(feature = "featbit")]
            Arrival::TooLarge => self.handle(Input::Closed { request_id, end: End::TooLarge }),
            #[cfg(feature = "featbit")]
            Arrival::Invalid(why) => {
                self.handle(Input::Closed { request_id, end: End::Invalid(&why) });
            }
            Arrival::Complete => self.handle(Input::Closed { request_id, end: End::Complete }),
            Arrival::Failed(error) => {
                let text = error.text();
                let end = match error.kind() {
                    TransportErrorKind::Tls => End::Tls(text),
                    TransportErrorKind::ConnectTimeout => End::ConnectTimeout,
                    TransportErrorKind::Connect => End::Unreached(text),
                    TransportErrorKind::NoTunnel => End::NoTunnel(text),
                    TransportErrorKind::Unsupported => End::Unsupported,
                    TransportErrorKind::Unusable => End::Unusable(text),
                    _ => End::Broken(text),
                };
                self.handle(Input::Closed { request_id, end });
            }
        }
    }

    pub(super) fn obey(&mut self, command: Command) {
        match command {
            // The loop ends at these commands, so this branch is never reached.
            Command::Stop | Command::StopAndForget => {}
            Command::Barrier(reply) => {
                let _ = reply.send(());
            }
            Command::DeliveryBegun => self.blocked_calls.begin(self.parts.clock.now()),
            Command::FeatureRead => self.handle(Input::FeatureRead),
            Command::LogNotice(notice) => {
                let notice = self.secrets.wiped_off(notice);
                self.status_log.notice(&notice);
            }
            #[cfg(any(feature = "featbit", feature = "featuresignals"))]
            Command::Notice(notice) => self.note(notice),
            Command::Refresh(reply) => {
                let command_id = self.wait_for(reply);
                self.handle(Input::Refresh(command_id));
            }
            Command::Context(context, reply) => {
                let command_id = self.wait_for(reply);
                self.handle(Input::Context(command_id, context));
            }
            Command::Keys(keys, reply) => {
                let command_id = self.wait_for(reply);
                if let Some(snapshot_writer) = &mut self.parts.snapshot_writer {
                    snapshot_writer.keys(&keys);
                }
                self.parts.server = self.parts.server.with_keys(keys.clone());
                self.status_log.server(&self.parts.server);
                self.renew_secrets();
                self.handle(Input::Keys(command_id, keys));
            }
            Command::Headers(mut headers, reply) => {
                write_names_in_lower_case(&mut headers);
                let command_id = self.wait_for(reply);
                self.parts.current.set_headers(&headers);
                self.parts.headers = headers;
                self.renew_secrets();
                self.handle(Input::Refresh(command_id));
            }
            Command::Suspend => self.handle(Input::Suspend),
            Command::Resume => self.handle(Input::Resume),
            Command::Update(request, reply) => {
                let Some(keys) = self.parts.server.keys() else {
                    // Sending fails if the caller no longer waits, which is no error.
                    let _ =
                        reply.send(Err(Refusal::Nonsense { reason: NO_TEST_UPDATES.to_string() }));
                    return;
                };
                let updater = Updater {
                    transport: self.parts.transport.clone(),
                    edge: self.parts.server.url.clone(),
                    key: keys.first().clone(),
                    secrets: self.secrets.clone(),
                    headers: self.parts.headers.clone(),
                    connect_timeout: self.parts.connect_timeout,
                    timeout: self.parts.request_timeout,
                    repository: self.parts.repository.clone(),
                    commands: self.parts.command_sender.clone(),
                };
                self.updates.spawn(async move {
                    // Sending fails if the caller no longer waits, which is no error.
                    let _ = reply.send(updater.run(request).await);
                });
            }
            Command::Stored { source, environment, json, shape } => match shape {
                StoredShape::List => {
                    self.handle(Input::Stored { source, environment, features: &json });
                }
                StoredShape::Feature => {
                    self.handle(Input::StoredFeature { source, environment, feature: &json });
                }
            },
            Command::Flush(reply) => self.flush(reply),
        }
    }

    fn wait_for(&mut self, reply: oneshot::Sender<CommandResult>) -> CommandId {
        if self.waiting.len() > SWEEP_ABOVE {
            self.waiting.retain(|_, waiting| !waiting.is_closed());
        }
        let command_id = self.command_id();
        self.waiting.insert(command_id, reply);
        command_id
    }

    /// Serves the features of the snapshot file if the file can be used: it was saved with this client's keys and context, and
    /// is not too old. Reports any other file in a notice.
    pub(super) async fn restore(&mut self) {
        let Some(snapshot_writer) = &self.parts.snapshot_writer else { return };
        let found = snapshot_writer.load().await;
        self.serve_saved(found);
    }

    /// Serves the features of the snapshot file before the driver runs, if the client reads the file at its start; see [`Self::restore`].
    pub(crate) fn restore_at_start(&mut self) {
        let snapshot_writer = self.parts.snapshot_writer.as_ref();
        if let Some(found) = snapshot_writer.and_then(SnapshotWriter::load_at_start) {
            self.serve_saved(found);
        }
    }

    fn serve_saved(&mut self, found: Found) {
        match found {
            Found::Nothing => {}
            Found::Unusable(why) => {
                self.note(Notice::StoreIgnored { source: Source::Snapshot, why });
            }
            Found::Saved(saved) => {
                // The file is read only once, so the cell is still empty, and setting it cannot fail.
                let _ = self.parts.restored.set(saved.at);
                for (environment, list) in saved.environments() {
                    self.handle(Input::StoredList {
                        source: Source::Snapshot,
                        environment: Arc::clone(environment),
                        list,
                    });
                }
            }
        }
    }

    /// Reports the closed status and writes the last snapshot, unless that is already done. Wakes all waiting callers, and ends
    /// the repository and the dispatcher. If [`Command::StopAndForget`] ended the driver, also removes the features.
    pub(super) fn close(&mut self) {
        let last = self.parts.repository.status();
        if last.readiness != Readiness::Closed {
            // The driver is dropped before it has ended, for example because the runtime was shut down.
            self.show(SessionStatus {
                readiness: Readiness::Closed,
                connection: Connection::Closed,
                next_attempt: None,
                ..SessionStatus::clone(&last)
            });
        }
        let now = self.parts.clock.now();
        if let Some(write) = self
            .parts
            .snapshot_writer
            .as_mut()
            .and_then(|snapshot_writer| snapshot_writer.last(now))
        {
            let _ = write.run();
        }
        self.waiting.clear();
        if self.forgets {
            self.parts.repository.publish(empty_publication());
        }
        self.parts.repository.close();
        self.parts.dispatcher.end();
    }
}

/// Returns a publication without features, which claims to be evaluated for a context that no program uses. Reads with any
/// other context that no interceptor overrides return defaults with the reason `NOT_READY`.
fn empty_publication() -> Publication {
    let context = Arc::new(Attributes::builder().attribute("\0", "").build());
    // Features that are kept for a context are those of a client that waits for others, so the reason is not `OTHER_CONTEXT`.
    let kept_for = Some(Arc::clone(&context));
    let evaluated = ServerEvaluated { context, kept_for, ..ServerEvaluated::default() };
    let rules =
        Rules::server_evaluated(Ruleset::default(), Environments::Unknown, Arc::new(evaluated));
    Publication { rules: Arc::new(rules), cause: Cause::First }
}
