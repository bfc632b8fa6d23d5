//! Checks of etags and compression, which make polls cheap while nothing changes.

use serde_json::json;

use crate::failure::Failure;

use super::check::{Finding, Report, Topic};
use super::exchange::{Answer, Ask, Trouble};
use super::visit::Visit;
use super::wording::{milliseconds, size};

impl Visit<'_> {
    /// Polls with compression. If the response has an etag, a second poll sends this etag. If the data has changed between the
    /// two polls, a third poll sends the new etag. Does nothing with several API keys, or after the deadline.
    pub(super) async fn etag(&self, report: &mut Report<'_>) -> Result<(), Failure> {
        if self.keys().are_several() {
            return Ok(());
        }
        if !self.http.has_time() {
            return Ok(());
        }
        let mut first = self.compressed(None).await;
        let mut tag = None;
        let mut second = None;
        for _ in 0..2 {
            tag = first.as_ref().ok().and_then(|answer| answer.head.get("etag"));
            let Some(tag) = &tag else { break };
            let again = self.compressed(Some(tag)).await;
            let is_changed = again.as_ref().is_ok_and(|again| {
                again.head.status == 200 && again.head.get("etag").as_ref() != Some(tag)
            });
            if !is_changed {
                second = Some(again);
                break;
            }
            first = again;
        }
        let first = match first {
            Ok(first) => first,
            Err(trouble) => {
                return report
                    .add(Finding::bad(Topic::Etag, format!("a poll for gzip failed: {trouble}")));
            }
        };
        report.add(gzip(&first))?;
        report.add(finding(tag.as_deref(), second))
    }

    async fn compressed(&self, tag: Option<&str>) -> Result<Answer, Trouble> {
        // The result does not depend on the context.
        let url = self.poll_url(&fh_session::ContextHeader::default());
        let ask = Ask::get(&url).header("accept-encoding", "gzip").maybe("if-none-match", tag);
        self.http.ask(ask).await
    }
}

fn finding(tag: Option<&str>, second: Option<Result<Answer, Trouble>>) -> Finding {
    let Some(tag) = tag else {
        return Finding::warning(
            Topic::Etag,
            "answers have no etag, so each poll transfers the whole answer",
        )
        .advice("an Edge sends an etag: check which proxy removes it");
    };
    let is_weak = tag.starts_with("W/");
    let data = json!({ "weak": is_weak });
    let weakened = "a proxy that compresses answers makes their etags weak (W/), and FeatureHub's Edge does not match weak etags: exclude /features from compression";
    let finding = match second {
        None => Finding::warning(Topic::Etag, "the etag differs each time, so each poll transfers the whole answer")
            .advice("if nothing was changed meanwhile: check whether several Edges with different data share this URL"),
        Some(Err(trouble)) => Finding::bad(Topic::Etag, format!("the poll with the etag of the previous response failed: {trouble}"))
            .advice(trouble.advice()),
        Some(Ok(answer)) => match answer.head.status {
            304 => {
                let after = milliseconds(answer.head.after);
                Finding::good(Topic::Etag, format!("a poll without changes costs only a few bytes (304 in {after})"))
            }
            200 | 236 => {
                let message = "a poll with the etag of the previous response gets the full response again, not a 304";
                let advice = if is_weak { weakened } else { "check whether a proxy drops if-none-match" };
                Finding::warning(Topic::Etag, message).advice(advice)
            }
            status => Finding::bad(Topic::Etag, format!("a poll with the etag of the previous response is answered with status {status}"))
                .advice("SDKs send the etag with each poll after the first"),
        },
    };
    finding.data(data)
}

fn gzip(answer: &Answer) -> Finding {
    let coding = answer.head.get("content-encoding").unwrap_or_default().to_ascii_lowercase();
    let bytes = answer.body.len();
    let data = json!({ "encoding": coding, "bytes": bytes });
    let finding = match coding.as_str() {
        "gzip" => Finding::good(Topic::Gzip, format!("answers are compressed to {}", size(bytes))),
        "" | "identity" if bytes < WORTH_IT => Finding::note(
            Topic::Gzip,
            format!("answers are not compressed, which is fine for {}", size(bytes)),
        ),
        "" | "identity" => Finding::note(
            Topic::Gzip,
            format!("answers are not compressed ({})", size(bytes)),
        )
        .advice(
            "a proxy that compresses /features without changing etags saves most of these bytes",
        ),
        other => Finding::warning(
            Topic::Gzip,
            format!("answers are encoded as {other}, which was not requested"),
        )
        .advice("only gzip was requested: check which proxy changes the encoding"),
    };
    finding.data(data)
}

/// The size in bytes below which a response needs no compression.
const WORTH_IT: usize = 20_000;
