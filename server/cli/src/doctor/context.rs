//! Checks that the context of a request reaches the Edge.

use fh_eval::Attributes;
use fh_session::ContextHeader;
use serde_json::json;

use crate::failure::Failure;

use super::check::{Finding, Report, Topic};
use super::exchange::{Answer, Ask, Head, Trouble};
use super::visit::Visit;

/// Compares a poll without a context and a poll with the context of `--context`, or with a made-up context if that context
/// is empty. An Edge that receives both requests sends different etags, even if the context changes no value.
pub(super) async fn compare(visit: &Visit<'_>, report: &mut Report<'_>) -> Result<(), Failure> {
    let given = visit.given_context()?;
    let (with_context, name) = match given.text() {
        Some(_) => (given, "the context"),
        None => {
            let made_up = Attributes::builder().user_key("fh-doctor").build();
            (ContextHeader::of(&made_up).unwrap_or_default(), "a made-up context")
        }
    };
    let without_context = ask(visit, &ContextHeader::default()).await;
    let with_context = ask(visit, &with_context).await;
    let (without_context, with_context) = match (without_context, with_context) {
        (Ok(without_context), Ok(with_context)) => (without_context, with_context),
        (Err(trouble), _) | (_, Err(trouble)) => {
            return report
                .add(Finding::bad(Topic::Context, trouble.to_string()).advice(trouble.advice()));
        }
    };
    let status = with_context.head.status;
    let differ = without_context.body != with_context.body;
    let tags = (context_tag(&without_context.head), context_tag(&with_context.head));
    let data = json!({ "valuesDiffer": differ, "etagsDiffer": tags.0 != tags.1, "status": status });
    let finding = if status != 200 && status != 236 {
        Finding::bad(Topic::Context, format!("a poll with {name} is answered with status {status}"))
            .advice("check whether a proxy refuses the header x-featurehub")
    } else if differ {
        Finding::good(
            Topic::Context,
            format!("{name} has an effect: values differ from the values without a context"),
        )
    } else if tags.0 != tags.1 {
        Finding::good(Topic::Context, format!("{name} reaches the Edge, but changes no value"))
    } else {
        Finding::warning(
            Topic::Context,
            format!("{name} makes no visible difference, neither in the values nor in an etag"),
        )
        .advice(
            "check whether a proxy drops the header x-featurehub, or a cache ignores contextSha",
        )
    };
    report.add(finding.data(data))
}

async fn ask(visit: &Visit<'_>, context: &ContextHeader) -> Result<Answer, Trouble> {
    let url = visit.poll_url(context);
    visit.http.ask(Ask::get(&url).maybe("x-featurehub", context.text())).await
}

/// Returns the part of an etag that identifies the context, or an empty text if the etag has no such part. Returns `None`
/// without an etag.
fn context_tag(head: &Head) -> Option<String> {
    let etag = head.get("etag")?;
    let etag = etag.trim_start_matches("W/").trim_matches('"');
    Some(etag.split_once("//").map_or(String::new(), |(_, context)| context.to_string()))
}
