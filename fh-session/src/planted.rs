//! Bugs that can be switched on, to prove that the simulation finds them. In an ordinary build none of this exists: the
//! macro is `false`, and the compiler drops what depends on it. `cargo xtask simulate` builds with `--cfg planted_bugs`.

/// Is this bug planted?
#[cfg(planted_bugs)]
macro_rules! planted {
    ($bug:ident) => {
        $crate::planted::is($crate::planted::Bug::$bug)
    };
}

/// Never, in an ordinary build.
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
            /// Bugs that published SDKs have, and others that are easily made.
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum Bug { $($(#[doc = $doc])+ $name,)* }

            impl Bug {
                /// All of them, with what each does.
                pub const ALL: &[(Self, &str)] = &[$((Self::$name, concat!($($doc),+)),)*];
            }
        };
    }

    bugs! {
        /// A stream that falls silent is never given up.
        NoIdleDeadline,
        /// A request without an answer is never given up.
        NoHeadDeadline,
        /// A poll's body may take for ever.
        NoBodyDeadline,
        /// Late news of a request that was given up are believed.
        TicketsIgnored,
        /// The stream is given up for good when it ends before the first list (JavaScript).
        EarlyCloseIsFinal,
        /// A status 503 ends everything (JavaScript).
        UnavailableIsFinal,
        /// Failed connects are tried again at once (Python, Java).
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
        /// Deletes count whatever their version (Java, .NET, Go, Dart, Python).
        DeletesAlwaysCount,
        /// A delete with version 0 is ignored (Swift).
        ZeroDeletesIgnored,
        /// A delete leaves no trace, so that a late update brings the feature back.
        NoTombstones,
        /// A feature that was deleted and made anew under the same key is held to the old one's version.
        NewIdsIgnored,
        /// A renamed feature is there under both names.
        RenamesLeaveTheOldKey,
        /// The etag outlives a change of context.
        EtagOutlivesContext,
        /// The etag is kept when an answer comes without one.
        EtagOutlivesBody,
        /// The old stream stays open when the context changes.
        ContextLeavesStreamOpen,
        /// Ready stays shown while the context changes.
        ReadyWhileSwitching,
        /// `bye` makes the client not ready (Dart, .NET).
        ByeUnreadies,
        /// A 404 after Ready makes the client Failed.
        LateRefusalFails,
        /// A refusal on first contact is for good.
        RefusalIsFinal,
        /// `failure` is not understood (Python, Ruby).
        FailureIgnored,
        /// `edge.stale` stops whatever its value (Java).
        AnyStaleStops,
        /// Status 236 is taken for 200.
        StaleStatusIgnored,
        /// An empty list of environments empties the repository.
        NoEnvironmentsEmpties,
        /// An empty list of an Edge in trouble empties the repository (D-60).
        EmptyListEmpties,
        /// A malformed event is dropped and the stream goes on without it.
        MalformedSkipped,
        /// `max-age=0` makes the interval zero.
        ZeroMaxAgeCounts,
        /// `Retry-After` is ignored.
        RetryAfterIgnored,
        /// A redirect is followed wherever it leads.
        RedirectsAnywhere,
        /// A refresh starts a second request beside the one in flight.
        RefreshDoubles,
        /// The last answer's problem is shown for ever.
        ProblemSticks,
        /// `If-None-Match` is sent with several keys.
        EtagWithSeveralKeys,
        /// A single byte now and then keeps a stream alive.
        BytesAreLife,
        /// Comments and lines do not keep a stream alive.
        OnlyEventsAreLife,
        /// The stream's `retry` is ignored.
        RetryFieldIgnored,
        /// `edge.stale` with a number does nothing.
        PauseIgnored,
        /// A 236 stream that ends is opened again.
        StaleStreamReopened,
        /// A `config` without `edge.stale` breaks the stream (Python).
        ConfigNeedsStale,
        /// An `ack` that is no object breaks the stream.
        AckNeedsObject,
        /// An event that was cut off by the end of the stream counts.
        CutEventsCount,
        /// A carriage return and its line feed in two chunks are two line ends.
        LineEndsSplit,
        /// Of several `data` lines only the last counts.
        LastDataLineCounts,
        /// A single feature before the first list makes ready (Python, Go).
        SinglesMakeReady,
        /// Features of another context are a measure for those of the new one.
        OtherContextIsMeasure,
        /// A store's list is taken for contact with the Edge.
        StoreIsContact,
        /// A store's list removes what it lacks (JavaScript).
        StoresRemove,
        /// What a store says after the end is served.
        StoresOutliveEnd,
        /// The context is sent with client-evaluated keys, too.
        ContextAlwaysSent,
        /// `contextSha` is 0 whatever the context.
        ShaIsConstant,
        /// Redirects are followed for ever.
        HopsNotCounted,
        /// An Edge without streams is not polled.
        NoFallback,
        /// The end leaves the request open.
        EndLeavesRequest,
        /// Passive clients ask when their interval has passed, read or not (JavaScript).
        PassiveIsActive,
        /// Every read makes a passive client ask (.NET).
        ReadsAlwaysAsk,
        /// Those who wait hear nothing of network trouble (JavaScript).
        TroubleSettlesNothing,
        /// A halted client cannot be refreshed (Java).
        HaltsForGood,
        /// Features of former keys stay.
        KeysLeaveFeatures,
        /// Refusals are retried as fast as trouble (Java).
        RefusalsRetryFast,
        /// A 400 at first contact ends the client for good.
        NonsenseIsFinal,
        /// A 304 that was not asked for is believed.
        UnaskedIsUnchanged,
        /// `max-age` may be for ever.
        MaxAgeUnbounded,
        /// Entries of one environment are applied one after the other (Python, Ruby).
        EntriesNotJoined,
        /// Of features of several environments the last key's answers.
        LastKeyAnswers,
        /// A closed stream's health does not count if it was given up.
        DelaysOutliveHealth,
        /// Those who wait are told before features and status are out.
        ToldTooEarly,
        /// Environments that nobody asked for stay.
        StrangersStay,
        /// The only environment of an answer is taken for the key's own, whatever its id.
        LoneStrangerTaken,
        /// A store that is behind overrules the Edge.
        StoresOverrule,
        /// Redirects of one request are counted with those of the next.
        HopsAddUp,
        /// Kept values of another context end the asking of a one-off client.
        KeptValuesSuffice,
        /// A failing poll puts off the next try of a stream.
        StreamPutOff,
        /// The etag of an answer that was doubted is kept.
        EtagOfDoubt,
        /// The etag of a poll outlives what a stream brought.
        EtagOutlivesStream,
        /// A newer context aborts the request of the one before, so that none is ever answered.
        ContextsAbortEachOther,
        /// A context that was replaced while it waited is reported as applied.
        ReplacedContextsSucceed,
        /// A caller that sets a context may wait as long as a stream does for its first event.
        ContextsWaitForEver,
        /// Features of environments that no key opens any more go on being served, until others are.
        RevokedStayServed,
        /// What an Edge evaluated is served as another context's while that one is awaited.
        KeptValuesChangeHands,
    }

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Plants a bug in this thread's sessions, or none.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }

    /// Is this bug planted?
    #[must_use]
    pub fn is(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }
}
