//! Deliberate bugs (mutants) that can be switched on, to prove that the simulation detects them. An ordinary build contains none of them:
//! the macro is `false`, and the compiler removes the code behind it. `cargo xtask simulate` builds with `--cfg planted_bugs`.

/// Returns true if this bug is switched on.
#[cfg(planted_bugs)]
macro_rules! planted {
    ($bug:ident) => {
        $crate::planted::is($crate::planted::Bug::$bug)
    };
}

/// Is always false in an ordinary build.
#[cfg(not(planted_bugs))]
macro_rules! planted {
    ($bug:ident) => {
        false
    };
}

pub(crate) use planted;

#[cfg(planted_bugs)]
pub use switch::{Bug, is, plant};

#[cfg(planted_bugs)]
mod switch {
    use std::cell::Cell;

    macro_rules! bugs {
        ($($(#[doc = $doc:literal])+ $name:ident,)*) => {
            /// Bugs that published SDKs have, and other bugs that are easily made. The names in parentheses are those of published SDKs.
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum Bug { $($(#[doc = $doc])+ $name,)* }

            impl Bug {
                /// All bugs, each with a description of its effect.
                pub const ALL: &[(Self, &str)] = &[$((Self::$name, concat!($($doc),+)),)*];
            }
        };
    }

    bugs! {
        /// A stream that falls silent is never aborted.
        NoIdleDeadline,
        /// A request without a response is never aborted.
        NoHeadDeadline,
        /// The body of a poll may take any time.
        NoBodyDeadline,
        /// Late events of an aborted request are not ignored.
        TicketsIgnored,
        /// The client never reconnects if the stream ends before the first list (JavaScript).
        EarlyCloseIsFinal,
        /// Status 503 stops the client for good (JavaScript).
        UnavailableIsFinal,
        /// Failed connects are retried at once (Python, Java).
        NoBackoff,
        /// The delay is reset by each connection that opens.
        BackoffResetByOpening,
        /// After `bye` the stream is opened again at once (Python).
        ByeWithoutDelay,
        /// A full list does not remove features (Java, Python, Ruby, .NET).
        ListsRemoveNothing,
        /// Older versions replace newer ones.
        OlderVersionsTaken,
        /// The same version with another value is dropped (Go).
        EqualVersionsDropped,
        /// Deletes are applied whatever their version (Java, .NET, Go, Dart, Python).
        DeletesAlwaysCount,
        /// A delete with version 0 is ignored (Swift).
        ZeroDeletesIgnored,
        /// Deleted features are not remembered, so that a late update brings one back.
        NoTombstones,
        /// A feature that was created again under its key is dropped if its version is lower than that of the deleted one.
        NewIdsIgnored,
        /// A renamed feature exists under both names.
        RenamesLeaveTheOldKey,
        /// A stream that the request of a waiting context replaces is read to the end of the chunk.
        ReplacedStreamsGoOn,
        /// The etag is kept when the context changes.
        EtagOutlivesContext,
        /// The etag is kept when a response comes without one.
        EtagOutlivesBody,
        /// The old stream stays open when the context changes.
        ContextLeavesStreamOpen,
        /// The client stays Ready while the context changes.
        ReadyWhileSwitching,
        /// `bye` makes the client not ready (Dart, .NET).
        ByeUnreadies,
        /// A refusal after Ready makes the client Failed.
        LateRefusalFails,
        /// A refusal on first contact is never retried.
        RefusalIsFinal,
        /// A `failure` event is ignored (Python, Ruby).
        FailureIgnored,
        /// `edge.stale` stops the client whatever its value (Java).
        AnyStaleStops,
        /// Status 236 is treated as 200.
        StaleStatusIgnored,
        /// An empty list of environments removes all features.
        NoEnvironmentsEmpties,
        /// An empty list of an Edge in trouble removes all features (D-60).
        EmptyListEmpties,
        /// A malformed event is skipped, and the stream continues without it.
        MalformedSkipped,
        /// `max-age=0` makes the interval zero.
        ZeroMaxAgeCounts,
        /// `Retry-After` is ignored.
        RetryAfterIgnored,
        /// A redirect to any URL is followed.
        RedirectsAnywhere,
        /// A refresh starts a second request beside the one in flight.
        RefreshDoubles,
        /// The problem stays in the status after the Edge has answered well again.
        ProblemSticks,
        /// `If-None-Match` is sent with several keys.
        EtagWithSeveralKeys,
        /// A single byte now and then keeps a stream open.
        BytesAreLife,
        /// Comments and lines do not keep a stream open.
        OnlyEventsAreLife,
        /// The stream's `retry` is ignored.
        RetryFieldIgnored,
        /// A number in `edge.stale` does not pause the client.
        PauseIgnored,
        /// A stream with status 236 is opened again after its end.
        StaleStreamReopened,
        /// A `config` event without `edge.stale` breaks the stream (Python).
        ConfigNeedsStale,
        /// An `ack` event whose data is not an object breaks the stream.
        AckNeedsObject,
        /// An event that was cut off by the end of the stream is applied.
        CutEventsCount,
        /// A carriage return and its line feed in two chunks count as two line ends.
        LineEndsSplit,
        /// If an event has several `data` lines, only the last one is used.
        LastDataLineCounts,
        /// A single feature before the first list makes the client ready (Python, Go).
        SinglesMakeReady,
        /// Features for a new context are compared with those of the old context.
        OtherContextIsMeasure,
        /// A list of a store counts as contact with the Edge.
        StoreIsContact,
        /// A list of a store removes the features that it lacks (JavaScript).
        StoresRemove,
        /// Features of a store are served after the client was closed.
        StoresOutliveEnd,
        /// The context is sent with client-evaluated keys, too.
        ContextAlwaysSent,
        /// `contextSha` is 0 whatever the context.
        ShaIsConstant,
        /// Redirects are followed without limit.
        HopsNotCounted,
        /// The client does not poll an Edge that cannot stream.
        NoFallback,
        /// Closing the client leaves its request open.
        EndLeavesRequest,
        /// A passive client polls after its interval even if no feature was read (JavaScript).
        PassiveIsActive,
        /// Every read makes a passive client poll (.NET).
        ReadsAlwaysAsk,
        /// Waiting callers are not notified of network failures (JavaScript).
        TroubleSettlesNothing,
        /// A halted client cannot be refreshed (Java).
        HaltsForGood,
        /// Features of former keys are kept.
        KeysLeaveFeatures,
        /// Refusals are retried as fast as other failures (Java).
        RefusalsRetryFast,
        /// A 400 at first contact stops the client for good.
        NonsenseIsFinal,
        /// A 304 to a request without etag is accepted.
        UnaskedIsUnchanged,
        /// `max-age` has no upper bound.
        MaxAgeUnbounded,
        /// Entries of one environment are applied one after the other (Python, Ruby).
        EntriesNotJoined,
        /// If several environments have the same feature key, the environment of the last API key answers.
        LastKeyAnswers,
        /// The time for which a stream was open does not reset the delay if the client aborted the stream.
        DelaysOutliveHealth,
        /// Waiting callers are notified before features and status are published.
        ToldTooEarly,
        /// Environments to which no key gives access are kept.
        StrangersStay,
        /// A single environment of a response counts as the key's own, whatever its id.
        LoneStrangerTaken,
        /// An outdated store replaces features of the Edge with another id, an old key or an old strategy.
        StoresOverrule,
        /// Redirects of one request are counted with those of the next.
        HopsAddUp,
        /// Kept values of another context stop the requests of a one-off client.
        KeptValuesSuffice,
        /// A failed poll postpones the next attempt to open a stream.
        StreamPutOff,
        /// The etag of a doubtful response is kept.
        EtagOfDoubt,
        /// The etag of a poll is kept after a stream has changed the features.
        EtagOutlivesStream,
        /// A newer context aborts the request of the previous one, so that none is ever answered.
        ContextsAbortEachOther,
        /// A context that was replaced while it waited is reported as applied.
        ReplacedContextsSucceed,
        /// A caller that sets a context may wait as long as a stream may take for its first event.
        ContextsWaitForEver,
        /// Features of environments to which no key gives access any more are served until new features arrive.
        RevokedStayServed,
        /// Values that an Edge evaluated for one context are served as those of another context that is awaited.
        KeptValuesChangeHands,
    }

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Switches a bug on in this thread's sessions, or all bugs off.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }

    /// Returns true if this bug is switched on.
    #[must_use]
    pub fn is(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }
}
