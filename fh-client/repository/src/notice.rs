//! Notices: unusual events that programs should log.

use std::fmt;

use fh_eval::Kind;
use fh_eval::internal::HTML_PAGE;

use crate::source::Source;
use crate::system::System;

/// An unusual event, which programs should log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Several environments have a feature with the same key. The feature of the earliest API key's environment is used.
    KeyInSeveralEnvironments {
        /// The key that features of several environments have.
        feature: String,
        /// The id of the environment whose feature is used.
        answers: String,
    },
    /// A value of an attribute contains a comma. An Edge splits such a value at its commas, in most cases into several values.
    CommaInValue {
        /// The name of the attribute whose value contains a comma.
        attribute: String,
    },
    /// A read of another context than the client's has no value, because the server evaluates the features for one context. Reported for the
    /// first such read.
    OtherContext {
        /// The system of the server.
        system: System,
    },
    /// A read of a feature that does not exist. Like the two kinds below, it is reported once for each name, and neither for overrides nor for
    /// reads that do not count as uses.
    FeatureNotFound {
        /// The key that was read.
        feature: String,
        /// The key of the feature with the nearest name; `None` if no name is near.
        meant: Option<String>,
    },
    /// A read of a feature as another type than its own, which has no value.
    TypeMismatch {
        /// The key of the feature.
        feature: String,
        /// The type of the feature.
        kind: Kind,
        /// The type that the read requested.
        read_as: Kind,
    },
    /// An attribute of a context that no rule reads, though a rule reads an attribute of nearly the same name, which the context lacks.
    AttributeNotRead {
        /// The name of the attribute.
        attribute: String,
        /// The name of the attribute that a rule reads.
        meant: String,
    },
    /// Further notices of a kind are left out, because too many were reported.
    NoticesLeftOut {
        /// The kind of notice, such as `feature_not_found`.
        of: &'static str,
        /// The number of notices of this kind that were reported.
        reported: usize,
    },
    /// An interceptor returned a value that does not fit the feature's type. The value was refused, and the read continued as if the
    /// interceptor had returned none. Reported at most once for each interceptor and feature.
    OverrideRefused {
        /// The name of the interceptor that returned the value.
        interceptor: String,
        /// The key of the feature that was not overridden with this value.
        feature: String,
        /// The reason why the override was refused.
        why: String,
    },
    /// An interceptor panicked. If it was called for a read, the read continued as if the interceptor had returned no value. At most one
    /// panic or failure is reported for each interceptor.
    InterceptorPanicked {
        /// The name of the interceptor that panicked.
        interceptor: String,
    },
    /// An interceptor reported [`Failed`](crate::Failed). The read continued as if the interceptor had returned no value. At most one panic or
    /// failure is reported for each interceptor.
    InterceptorFailed {
        /// The name of the interceptor that failed.
        interceptor: String,
    },
    /// The Edge cannot stream, so the client polls. The client retries streaming from time to time.
    FellBackToPolling,
    /// Two streams in a row were held back on their way from the Edge, and a poll succeeded. The client polls, and retries streaming from
    /// time to time. Not reported again until another attempt fails.
    StreamsHeldBack,
    /// Sockets to a server of FeatBit bring no message, and a poll succeeded. The client polls every 30 seconds, and tries a socket again
    /// every 10 minutes. Not reported again until a socket has brought a message.
    SocketsBlocked,
    /// The transport cannot open sockets, so the client polls.
    SocketsUnsupported,
    /// The clock of this machine differs from that of FeatBit's server, which refuses tokens for this reason. The client uses the server's
    /// clock.
    ClockOff {
        /// The number of milliseconds by which the server's clock is ahead.
        millis: i64,
    },
    /// The first full answer of FeatBit's server has no flags and no segments. Polls of a wrong secret have such answers.
    NoFlags,
    /// A server of FeatBit refuses events about evaluations and metrics. The refused ones are dropped, and the next request follows after a
    /// pause of 1 to 10 minutes. Not reported again until the server has taken events.
    InsightsRefused {
        /// The status of the server's answer. A status of success means that the answer was a page of HTML.
        status: u16,
    },
    /// A server of FeatureSignals refused three streams in a row, and a poll succeeded. The client polls, and tries a stream again every 10
    /// minutes. Not reported again until a stream has been open.
    StreamsRefused,
    /// A server of FeatureSignals has so many flags that each refresh needs many requests.
    ManyFlags {
        /// The number of flags.
        count: usize,
    },
    /// A call of a listener or an observer has not returned for 10 seconds. It takes a thread of the client until it returns.
    ListenerBlocks {
        /// The listener or the observer, such as `a listener of the status`.
        listener: String,
    },
    /// Calls of listeners and observers run on all threads that deliver, so that the others wait. Not reported again until a thread was
    /// free. Also reported if a program that delivers events itself has not done so for 10 seconds.
    ListenersWait {
        /// The number of threads; 0 if the program delivers.
        threads: usize,
    },
    /// Features from a store or a snapshot were not applied.
    StoreIgnored {
        /// The source of the features.
        source: Source,
        /// The reason why the features were not applied.
        why: String,
    },
    /// A part of a response or of a stream had no effect, because it belongs to another environment.
    Ignored {
        /// A description of the ignored part.
        what: String,
    },
}

impl Notice {
    /// Returns the name of the kind of notice, such as `streams_held_back`, which bindings for other languages use.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::KeyInSeveralEnvironments { .. } => "key_in_several_environments",
            Self::CommaInValue { .. } => "comma_in_value",
            Self::OtherContext { .. } => "other_context",
            Self::FeatureNotFound { .. } => "feature_not_found",
            Self::TypeMismatch { .. } => "type_mismatch",
            Self::AttributeNotRead { .. } => "attribute_not_read",
            Self::NoticesLeftOut { .. } => "notices_left_out",
            Self::OverrideRefused { .. } => "override_refused",
            Self::InterceptorPanicked { .. } => "interceptor_panicked",
            Self::InterceptorFailed { .. } => "interceptor_failed",
            Self::FellBackToPolling => "fell_back_to_polling",
            Self::StreamsHeldBack => "streams_held_back",
            Self::SocketsBlocked => "sockets_blocked",
            Self::SocketsUnsupported => "sockets_unsupported",
            Self::ClockOff { .. } => "clock_off",
            Self::NoFlags => "no_flags",
            Self::InsightsRefused { .. } => "insights_refused",
            Self::StreamsRefused => "streams_refused",
            Self::ManyFlags { .. } => "many_flags",
            Self::ListenerBlocks { .. } => "listener_blocks",
            Self::ListenersWait { .. } => "listeners_wait",
            Self::StoreIgnored { .. } => "store_ignored",
            Self::Ignored { .. } => "ignored",
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyInSeveralEnvironments { feature, answers } => {
                write!(
                    f,
                    "several environments have the feature {feature}; the feature of environment {answers} is used"
                )
            }
            Self::CommaInValue { attribute } => write!(
                f,
                "a value of the attribute {attribute} contains a comma: an Edge splits the value at \
                 its commas"
            ),
            Self::OtherContext { system } => {
                let (why, instead) = match system {
                    System::FeatureHub => (
                        "the API key is server-evaluated",
                        "use a client-evaluated API key (with `*`)",
                    ),
                    _ => ("the server evaluates the flags", "evaluate a file by the setting `ruleset_file`"),
                };
                write!(
                    f,
                    "a read of another context than the client's has no value, because {why}, so the client has the values of one context: \
                     {instead}, set the client's context by `set_context`, or make a client for each context by `isolated`"
                )
            }
            Self::FeatureNotFound { feature, meant: Some(meant) } => {
                write!(f, "there is no feature {feature}, so reads return defaults; did you mean {meant}?")
            }
            Self::FeatureNotFound { feature, meant: None } => {
                write!(f, "there is no feature {feature}, and none of a similar name, so reads return defaults")
            }
            Self::TypeMismatch { feature, kind, read_as } => write!(
                f,
                "the feature {feature} is of type {kind}, so reads as {read_as} return defaults; use the getter of its type"
            ),
            Self::AttributeNotRead { attribute, meant } => write!(
                f,
                "no rule reads the attribute {attribute}, but one reads {meant}, which the context lacks; did you mean {meant}?"
            ),
            Self::NoticesLeftOut { of, reported } => {
                write!(f, "further notices {of} are left out, after {reported} of them")
            }
            Self::OverrideRefused { interceptor, feature, why } => {
                write!(f, "the override of {feature} by {interceptor} was not used: {why}")
            }
            Self::InterceptorPanicked { interceptor } => {
                write!(f, "the interceptor {interceptor} panicked")
            }
            Self::InterceptorFailed { interceptor } => {
                write!(f, "the interceptor {interceptor} failed")
            }
            Self::FellBackToPolling => {
                f.write_str("the Edge cannot stream: the client polls, and retries streaming later")
            }
            Self::StreamsHeldBack => f.write_str(
                "something between the client and the Edge, such as a proxy, holds streams back: the client polls, and retries streaming later",
            ),
            Self::SocketsBlocked => f.write_str(
                "something between the client and the server, such as a proxy, blocks WebSockets: the client polls every 30 seconds, and tries a \
                 WebSocket again every 10 minutes",
            ),
            Self::SocketsUnsupported => {
                f.write_str("the transport of this client cannot open WebSockets: the client polls every 30 seconds")
            }
            Self::ClockOff { millis } => {
                let (seconds, side) = (millis.unsigned_abs() / 1000, if *millis < 0 { "ahead of" } else { "behind" });
                write!(
                    f,
                    "the clock of this machine is {seconds} seconds {side} the server's: the client uses the server's clock; set this machine's \
                     clock, for example by NTP"
                )
            }
            Self::NoFlags => f.write_str(
                "the server has sent no flags and no segments: this is a new environment, or a wrong secret",
            ),
            Self::InsightsRefused { status: 200..=299 } => write!(
                f,
                "the server answers with {HTML_PAGE} to insights, probably a sign-in page or the page of a proxy: the client drops them and pauses \
                 for 1 to 10 minutes; check the event URL"
            ),
            Self::InsightsRefused { status } => write!(
                f,
                "the server refuses insights (status {status}): the client drops them and pauses for 1 to 10 minutes; check the secret and the \
                 event URL"
            ),
            Self::StreamsRefused => f.write_str(
                "the server refuses streams: the client polls, and tries a stream again every 10 minutes",
            ),
            Self::ManyFlags { count } => write!(
                f,
                "the server has {count} flags, so that each refresh takes {} requests: name the flags that the program reads by the setting \
                 `flags`, or evaluate a file by the setting `ruleset_file`",
                count.div_ceil(100) + 1
            ),
            Self::ListenerBlocks { listener } => write!(
                f,
                "{listener} has not returned for 10 seconds: it gets no event until it returns, and its thread calls no other listener; let \
                 listeners hand long work to threads of the program"
            ),
            Self::ListenersWait { threads: 0 } => f.write_str(
                "the program has not delivered for 10 seconds, so that listeners and observers get no event: it must call `deliver` of \
                 `ManualDelivery` whenever the client's waker was called, on a thread on which no listener blocks",
            ),
            Self::ListenersWait { threads } => write!(
                f,
                "listeners and observers block all {threads} threads of the client that call them, so that the others get no event until one of \
                 them returns"
            ),
            Self::StoreIgnored { source, why } => {
                write!(f, "the state from {source} was not used: {why}")
            }
            Self::Ignored { what } => write!(f, "ignored: {what}"),
        }
    }
}
