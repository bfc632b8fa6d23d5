//! The form of what a session takes and gives.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fh_eval::Attributes;
use fh_repository::publication::{Cause, Publication, RawKind};
use fh_repository::rules::{Environments, Rules};
use fh_repository::status::SessionStatus;
use fh_repository::time::Millis;
use fh_repository::{notice, problem, source};
use fh_session::{
    ApiKey, Backoff, Config, ContextPlacement, End, Mode, RequestKind, ResponseHead, WhileSwitching,
};

use super::form;

pub fn settings(config: &Config) -> form::Settings {
    let limits = &config.limits;
    form::Settings {
        edge: config.edge.as_str().to_string(),
        keys: config.keys.iter().map(|key| key.expose().to_string()).collect(),
        mode: mode(config.mode),
        context_placement: match config.context_placement {
            ContextPlacement::Header => "header",
            ContextPlacement::Query => "query",
            other => panic!("no form of {other:?}"),
        },
        while_switching: match config.while_switching {
            WhileSwitching::Hide => "hideValues",
            WhileSwitching::Keep => "keepValues",
            other => panic!("no form of {other:?}"),
        },
        headers: config.headers.clone(),
        identification: config.identification.clone(),
        backoff: backoff(&config.backoff),
        return_within: (millis(*config.return_within.start()), millis(*config.return_within.end())),
        refused: backoff(&config.refused),
        durations: config
            .durations()
            .map(|(name, time)| (camel_case(name), millis(time)))
            .collect(),
        limits: form::Limits {
            connect: millis(limits.connect),
            head: millis(limits.head),
            poll: millis(limits.poll),
            idle: millis(limits.idle),
            held_back: millis(limits.held_back),
            bytes: limits.bytes,
        },
        profile: config.profile.as_str(),
    }
}

fn mode(mode: Mode) -> form::Mode {
    match mode {
        Mode::Streaming => form::Mode::Streaming,
        Mode::Polling(interval) => form::Mode::ActivePolling { interval: millis(interval) },
        Mode::Passive(interval) => form::Mode::PassivePolling { interval: millis(interval) },
        Mode::Once => form::Mode::OneOff,
        Mode::Offline => form::Mode::Offline,
        other => panic!("no form of {other:?}"),
    }
}

fn backoff(backoff: &Backoff) -> form::Backoff {
    form::Backoff {
        initial: millis(backoff.initial),
        cap: millis(backoff.cap),
        jitter: backoff.jitter,
    }
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_string();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

pub fn context(attributes: &Attributes) -> form::Context {
    let pairs = attributes
        .iter()
        .map(|(name, values)| (name.to_string(), values.map(Into::into).collect()));
    let mut pairs: form::Context = pairs.collect();
    pairs.sort();
    pairs
}

pub fn keys<'a>(keys: impl Iterator<Item = &'a ApiKey>) -> Vec<String> {
    keys.map(|key| key.expose().to_string()).collect()
}

pub fn headers(head: &ResponseHead) -> Vec<form::Pair> {
    head.headers().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

pub fn bytes(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Returns the name of an end, and the transport's reason.
pub fn end(end: End<'_>) -> (&'static str, Option<String>) {
    match end {
        End::Complete => ("complete", None),
        End::Broken(why) => ("broken", Some(why.to_string())),
        End::Tls(why) => ("tls", Some(why.to_string())),
        End::ConnectTimeout => ("connectTimeout", None),
        other => panic!("no form of {other:?}"),
    }
}

pub fn source(source: &source::Source) -> form::Source {
    match source {
        source::Source::Polling => form::Source::Polling,
        source::Source::Streaming => form::Source::Streaming,
        source::Source::Snapshot => form::Source::Snapshot,
        source::Source::Store(name) => form::Source::Store(name.to_string()),
        other => panic!("no form of {other:?}"),
    }
}

pub const fn kind(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Poll => "poll",
        RequestKind::Stream => "stream",
    }
}

pub const fn raw_kind(kind: RawKind) -> &'static str {
    match kind {
        RawKind::List => "list",
        RawKind::Feature => "feature",
        RawKind::Delete => "delete",
    }
}

/// Returns the SHA-256 of these pieces, one after another, in lower-case hexadecimal.
pub fn sha256<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = hmac_sha256::Hash::new();
    for piece in pieces {
        hash.update(piece);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn publication(publication: &Publication) -> form::Action {
    let rules = &publication.rules;
    let texts = rules.ruleset().iter().flat_map(|feature| [feature.json().as_bytes(), &[0]]);
    form::Action::Publish {
        cause: match publication.cause {
            Cause::First => "first",
            Cause::Change => "change",
            Cause::Invisible => "invisible",
        },
        count: rules.ruleset().len(),
        features: sha256(texts),
        environments: environments(rules),
        evaluated_for: rules.evaluated_for().map(|evaluated| form::EvaluatedFor {
            context: context(&evaluated.context),
            kept_for: evaluated.kept_for.as_deref().map(context),
            strategies: rules
                .ruleset()
                .iter()
                .map(|feature| evaluated.strategies.get(feature.key()).map(ToString::to_string))
                .collect(),
        }),
    }
}

fn environments(rules: &Rules) -> Option<form::Environments> {
    match rules.environments() {
        Environments::Unknown => None,
        Environments::One(id) => Some(form::Environments::One(id.to_string())),
        Environments::Several(by_key) => Some(form::Environments::Several(
            rules
                .ruleset()
                .iter()
                .map(|feature| by_key.get(feature.key()).map(ToString::to_string))
                .collect(),
        )),
    }
}

/// Returns the members that differ between two statuses.
pub fn changed(before: &SessionStatus, after: &SessionStatus) -> form::Changed {
    let time = |time: Option<Millis>| time.map(Millis::as_u64);
    let (old, new) = (before.problem.as_ref().map(problem), after.problem.as_ref().map(problem));
    form::Changed {
        readiness: (before.readiness != after.readiness).then(|| after.readiness.as_str()),
        connection: (before.connection != after.connection).then(|| after.connection.as_str()),
        problem: (old != new).then_some(new),
        attempts: (before.attempts != after.attempts).then_some(after.attempts),
        requests: (before.requests != after.requests).then_some(after.requests),
        next_attempt: (before.next_attempt != after.next_attempt).then(|| time(after.next_attempt)),
        updated: (before.updated != after.updated).then(|| time(after.updated)),
        source: (before.source != after.source).then(|| after.source.as_ref().map(source)),
        is_stale: (before.is_stale != after.is_stale).then_some(after.is_stale),
        is_withheld: (before.is_withheld != after.is_withheld).then_some(after.is_withheld),
        foreign_features: (before.foreign_features != after.foreign_features)
            .then_some(after.foreign_features),
    }
}

pub fn problem(problem: &problem::Problem) -> form::Problem {
    use problem::{Problem, Stage};
    let mut form = form::Problem { code: problem.as_str(), number: None, stage: None, text: None };
    match problem {
        Problem::Unauthorised(status)
        | Problem::ServerError(status)
        | Problem::UnexpectedStatus(status) => form.number = Some(u64::from(*status)),
        Problem::TooLarge(limit) => form.number = Some(*limit as u64),
        Problem::Context(why) => form.number = Some(why.0 as u64),
        Problem::TimedOut(stage) => {
            form.stage = Some(match stage {
                Stage::Connect => "connect",
                Stage::Head => "head",
                Stage::Body => "body",
                Stage::FirstEvent => "firstEvent",
                Stage::Event => "event",
                Stage::Silence => "silence",
                Stage::Context => "context",
                other => panic!("no form of {other:?}"),
            });
        }
        Problem::Failure(text)
        | Problem::ContentType(text)
        | Problem::Unreachable(text)
        | Problem::Tls(text) => form.text = Some(text.clone()),
        // The reason of a parser differs between languages.
        Problem::Malformed(_) => {}
        _ => {}
    }
    form
}

pub fn notice(notice: &notice::Notice) -> form::Notice {
    use notice::Notice;
    match notice.clone() {
        Notice::KeyInSeveralEnvironments { feature, answers } => {
            form::Notice::KeyInSeveralEnvironments { feature, answers }
        }
        Notice::CommaInValue { attribute } => form::Notice::CommaInValue { attribute },
        Notice::FellBackToPolling => form::Notice::FellBackToPolling,
        Notice::StreamsHeldBack => form::Notice::StreamsHeldBack,
        Notice::StoreIgnored { source: from, why: _ } => {
            form::Notice::StoreIgnored { source: source(&from) }
        }
        Notice::Ignored { what } => form::Notice::Ignored { what },
        other => panic!("a session gives no {other:?}"),
    }
}
