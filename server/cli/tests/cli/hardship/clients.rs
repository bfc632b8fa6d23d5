//! The clients of a server in a condition: one streams, one polls, one changes a feature, and probes ask for health.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use fh_client::Client;
use fh_client::transport::ReqwestTransport;
use fh_test::certificates::Authority;
use fh_test::wait::{PATIENCE, wait_until};
use serde_json::{Value, json};

use super::server::{ADMIN, Trial};
use crate::serve::{ENVIRONMENT, KEY, WRITER, get};

/// The longest time of a probe.
const PROBE: Duration = Duration::from_secs(1);

impl Trial {
    /// Returns a client that sends each request once.
    pub(super) fn http(&self) -> reqwest::ClientBuilder {
        let pem = self.authority.as_ref().map(Authority::pem);
        let trusted = pem.map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).unwrap());
        let builder = reqwest::Client::builder().no_proxy().no_gzip().tls_certs_only(trusted);
        builder.retry(reqwest::retry::never()).timeout(PATIENCE)
    }

    /// Sends a change of a feature by PUT or by the admin API. Returns true if it is acknowledged.
    pub(super) async fn change(
        &self,
        feature: &str,
        to: Value,
        by_put: bool,
    ) -> reqwest::Result<bool> {
        let request = match by_put {
            true => self.client.put(format!("{}/features/{WRITER}/{feature}", self.api)),
            false => {
                let path = format!("/admin/v1/features/{ENVIRONMENT}/{feature}");
                self.client.patch(self.control.clone() + &path).bearer_auth(ADMIN)
            }
        };
        let request = request.header("content-type", "application/json");
        let answer = request.body(json!({ "value": to }).to_string()).send().await?;
        Ok(answer.status().is_success())
    }

    /// Changes N by PUT and by the admin API in turn.
    pub(super) async fn change_n(&mut self) -> reqwest::Result<()> {
        let to = self.counts.acknowledged + 1;
        let is_made = self.change("N", to.into(), to.is_multiple_of(2)).await?;
        self.counts.acknowledged += u64::from(is_made);
        Ok(())
    }

    /// Waits until the server has answered this number of further changes and polls.
    pub(super) async fn go_on(&mut self, count: usize) {
        let poll = self.client.get(format!("{}/features?apiKey={KEY}", self.api));
        for _ in 0..count {
            let poll = poll.try_clone().unwrap().send();
            let (changed, polled) = tokio::join!(self.change_n(), poll);
            changed.expect("an answer to a change");
            assert_eq!(polled.expect("an answer to a poll").status(), 200);
        }
    }

    /// Returns the text of a GET at the port of health and of the admin API.
    pub(super) async fn control(&self, path: &str) -> String {
        let request = self.client.get(self.control.clone() + path).bearer_auth(ADMIN);
        request.send().await.unwrap().text().await.unwrap()
    }
}

/// The time between two probes.
const PAUSE: Duration = Duration::from_millis(10);

/// A client that streams, and a thread that asks for liveness and readiness.
pub(super) struct Observers {
    stream: Client,
    probing: JoinHandle<Duration>,
    /// The probes end when it is dropped.
    end_probes: Sender<()>,
}

impl Observers {
    pub(super) fn start(trial: &Trial) -> Self {
        let mut transport = ReqwestTransport::builder().no_proxy();
        if let Some(authority) = &trial.authority {
            transport = transport.ca_certificate(authority.pem());
        }
        let stream =
            Client::builder(&trial.api, KEY).streaming().transport(transport.build().unwrap());
        let (end_probes, ended) = mpsc::channel();
        let control = trial.control.clone();
        let probing = thread::spawn(move || {
            let mut longest = Duration::ZERO;
            while ended.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                for (path, other) in [("/health/liveness", "200"), ("/health/readiness", "503")] {
                    let begin = Instant::now();
                    let answer = get(&control, path);
                    let status = answer.get(9..12).unwrap_or_default();
                    assert!(status == "200" || status == other, "{path}: {answer}");
                    longest = longest.max(begin.elapsed());
                }
            }
            longest
        });
        Self { stream: stream.start().unwrap(), probing, end_probes }
    }

    /// Waits until the stream has the last change, ends the probes, and enters the longest time of a probe.
    pub(super) fn end(self, trial: &mut Trial) {
        let last = trial.counts.acknowledged as f64;
        wait_until("the stream has the last change", || self.stream.number("N") == Some(last));
        drop(self.end_probes);
        let longest = self.probing.join();
        let limit = PROBE + trial.lateness.slack();
        let is_right = longest.as_ref().is_ok_and(|longest| *longest <= limit);
        let text =
            longest.map_or("none".to_string(), |longest| format!("{} ms", longest.as_millis()));
        trial.answers.enter("liveness", is_right, text);
    }
}
