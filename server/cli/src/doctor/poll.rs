//! Checks of a poll, its status, and the Edge's clock.

use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::failure::Failure;
use crate::sanitize::plural;

use super::answers::{self, Meaning};
use super::check::{Finding, Report, Topic};
use super::exchange::{Answer, Ask};
use super::identity::Identity;
use super::visit::Visit;
use super::wording::{milliseconds, size};

/// The time from a request to the head of its response above which the response is reported as slow.
const SLOW: Duration = Duration::from_secs(2);
/// The tolerated difference between the clocks of this machine and of the Edge.
const SKEW: Duration = Duration::from_secs(5);

/// The outcome of a poll.
pub(super) enum Polled {
    Features(Box<Poll>),
    /// The request or its API key is not accepted.
    Refused,
    /// There was no useful response. Streams may still work.
    Nothing,
    /// The response is not that of an Edge.
    NoEdge,
}

/// A successful response to a poll.
pub(super) struct Poll {
    pub(super) answer: Answer,
    /// The time at which the head of the response arrived, by this machine's clock.
    at: SystemTime,
}

impl Visit<'_> {
    pub(super) async fn poll(
        &self,
        report: &mut Report<'_>,
        identity: &Identity,
    ) -> Result<Polled, Failure> {
        let context = self.given_context()?;
        let url = self.poll_url(&context);
        let ask = Ask::get(&url).maybe("x-featurehub", context.text());
        let sent = SystemTime::now();
        let answer = match self.http.ask(ask).await {
            Ok(answer) => answer,
            Err(trouble) => {
                report
                    .add(Finding::bad(Topic::Poll, trouble.to_string()).advice(trouble.advice()))?;
                return Ok(Polled::Nothing);
            }
        };
        // The body may take longer than the tolerance of the comparison of clocks.
        let at = sent + answer.head.after;
        let meaning = answers::of_poll(&answer, identity);
        let meaning = match meaning {
            // A 404 means either an unknown key or an unknown path.
            Meaning::UnknownKey if !self.knows_path().await => answers::wrong_path(),
            meaning => meaning,
        };
        let redirects = answer.head.redirects;
        let data = json!({
            "status": answer.head.status,
            "redirects": redirects,
            "http": answer.head.version,
            "milliseconds": answer.head.after.as_secs_f64() * 1000.0,
            "bytes": answer.body.len(),
        });
        let (finding, polled) = match meaning {
            Meaning::Good | Meaning::Stale => {
                let speed = milliseconds(answer.head.after);
                let figures = format!("{}, {} in {speed}", answer.head.version, size(answer.body.len()));
                let finding = if matches!(meaning, Meaning::Stale) {
                    let message = "the Edge answered with status 236: the environment is stale, so SDKs stop polling and keep their values";
                    Finding::warning(Topic::Poll, message)
                        .advice("FeatureHub's hosted service sends this status for environments that are unused or unpaid: see the service's dashboard")
                } else if answer.head.after > SLOW {
                    Finding::warning(Topic::Poll, format!("the Edge answered, but slowly ({figures})"))
                        .advice("check the load of the Edge and of proxies in front of it")
                } else {
                    Finding::good(Topic::Poll, format!("the Edge answered ({figures})"))
                };
                (finding, Polled::Features(Box::new(Poll { answer, at })))
            }
            Meaning::UnknownKey => (
                Finding::bad(Topic::Poll, "the Edge does not know the key (status 404)").advice(
                    "copy the key again; its service account needs permission to read this environment; \
                     during an outage of FeatureHub, an Edge sends this status for valid keys as well",
                ),
                Polled::Refused,
            ),
            Meaning::Refused(message, advice) => {
                (Finding::bad(Topic::Poll, message).advice(advice), Polled::Refused)
            }
            Meaning::Trouble(message, advice) => {
                (Finding::bad(Topic::Poll, message).advice(advice), Polled::Nothing)
            }
            Meaning::NoEdge(message, advice) => {
                (Finding::bad(Topic::Poll, message).advice(advice), Polled::NoEdge)
            }
        };
        report.add(finding.data(data))?;
        if redirects > 0 && matches!(polled, Polled::Features(_)) {
            let count = plural(redirects.into(), "redirect", "redirects");
            let message =
                format!("each poll takes {count} within this origin, which clients follow");
            let finding = Finding::note(Topic::Poll, message);
            report.add(finding.advice(
                "use the URL to which the server redirects, so that a poll is one request",
            ))?;
        }
        Ok(polled)
    }

    /// Returns true if a GET of `/features` without a key is answered with status 400, as an Edge does.
    async fn knows_path(&self) -> bool {
        let url = format!("{}/features", self.url().as_str());
        let answer = self.http.ask(Ask::get(&url)).await;
        answer.is_ok_and(|answer| answer.head.status == 400)
    }

    /// Checks that the clocks of this machine and of the Edge agree. Does nothing if the response has no readable date.
    pub(super) fn clock(&self, report: &mut Report<'_>, poll: &Poll) -> Result<(), Failure> {
        let date =
            poll.answer.head.get("date").and_then(|text| httpdate::parse_http_date(&text).ok());
        let Some(theirs) = date else { return Ok(()) };
        // A cached response has the date at which it was created.
        let age = poll.answer.head.get("age").and_then(|age| age.parse().ok()).unwrap_or(0);
        let theirs = theirs + Duration::from_secs(u64::min(age, 31_536_000));
        let (ahead, apart) = match poll.at.duration_since(theirs) {
            Ok(apart) => ("ahead of", apart),
            Err(error) => ("behind", error.duration()),
        };
        // The date has a resolution of a second, and was written before the response arrived.
        let tolerated = SKEW + poll.answer.head.after;
        let data = json!({ "secondsApart": apart.as_secs() });
        let finding = if apart > tolerated {
            let message =
                format!("this machine's clock is {} s {ahead} the Edge's", apart.as_secs());
            Finding::warning(Topic::Clock, message).advice(
                "rules on dates change at another time than on the Edge: set both clocks by NTP",
            )
        } else {
            Finding::good(Topic::Clock, "this machine and the Edge agree on the time")
        };
        report.add(finding.data(data))
    }
}
