//! The table of all settings.

use std::time::Duration;

use fh_client::{
    Backoff, ClientBuilder, ContextPlacement, Profile, System, WhileSwitching, featbit,
};

use crate::language::Language::{self, Kotlin, Swift, TypeScript};

use super::featbit_rows;
use super::featuresignals_rows;
use super::form::{Form, choice, choice_of};
use super::http_rows;
use super::language_rows;
use super::mode_row;
use super::setting::Setting;
use super::system_row::{self, EVALUATING, FEATBIT, FEATUREHUB, SENDING_RULES};

const OF_THE_CONSTRUCTOR: &[(Language, &str)] =
    &[(TypeScript, BY_THE_CONSTRUCTOR), (Kotlin, BY_THE_CONSTRUCTOR), (Swift, BY_THE_CONSTRUCTOR)];
const BY_THE_CONSTRUCTOR: &str = "it is an argument of the constructor";
const IN_NODE: &str = "only its client for Node has files";

/// All settings, in the order of the page.
pub static SETTINGS: [Setting; 70] = [
    Setting::new(
        "url",
        Form::Text {
            example: "https://edge.example",
            set: |mut d, url| {
                d.url = Some(url);
                d
            },
        },
        "The URL of the Edge, or of the server of FeatureSignals. Without it, the environment variable `FEATUREHUB_EDGE_URL` or `FEATURESIGNALS_URL` provides it. The default for FeatureSignals is the service that FeatureSignals runs.",
    )
    .setters(&["edge_url"])
    .of(EVALUATING)
    .instead(&[(System::FeatBit, "streaming_url")])
    .lacking(&[(TypeScript, BY_THE_CONSTRUCTOR)]),
    Setting::new(
        "api_keys",
        Form::Texts {
            example: "ENVIRONMENT/KEY",
            set: |d, keys| d.with(|b| b.api_keys(keys)),
        },
        "The API keys, all client-evaluated or all server-evaluated. If several environments have a feature with the same key, the environment of the earliest API key provides it. Without them, the environment variable `FEATUREHUB_CLIENT_API_KEY` or `FEATUREHUB_API_KEY` provides one.",
    )
    .setters(&["api_key", "api_keys"])
    .of(FEATUREHUB)
    .instead(&[(System::FeatBit, "secret"), (System::FeatureSignals, "api_key")])
    .lacking(OF_THE_CONSTRUCTOR),
    system_row::SYSTEM,
    featbit_rows::SECRET,
    featbit_rows::STREAMING_URL,
    featbit_rows::POLLING_URL,
    featbit_rows::EVENT_URL,
    featbit_rows::INSIGHTS,
    featbit_rows::FULL_SYNC,
    featuresignals_rows::API_KEY,
    featuresignals_rows::ENVIRONMENT,
    featuresignals_rows::REASONS,
    featuresignals_rows::FLAGS,
    featuresignals_rows::RULESET,
    featuresignals_rows::RULESET_FILE,
    featuresignals_rows::STREAM,
    featuresignals_rows::STREAM_LIFETIME,
    mode_row::MODE,
    Setting::new(
        "interval",
        Form::Seconds(|mut d, time| {
            d.interval = Some(time);
            d
        }),
        "The time between two polls in the modes `polling` and `passive`. 0 polls once. The Edge may change the interval. A client of FeatureSignals also polls beside a stream; its default is 30, and 0 is an error.",
    )
    .default("180")
    .setters(&["polling", "passive"]),
    Setting::new(
        "context",
        Form::Context(|mut d, attributes| {
            d.context = Some(attributes);
            d
        }),
        "The first context for which the Edge evaluates a server-evaluated key. It has no effect with a client-evaluated key. For FeatureSignals, the first context for which the server evaluates the flags.",
    )
    .setters(&["initial_context"]),
    Setting::new(
        "bootstrap",
        Form::Json(|d, json| d.with(|b| b.bootstrap(json))),
        "Features that the client serves from the start: features, environments, the stored state of the browser SDK, or the content of a snapshot file. For FeatBit, the body of `latest-all`.",
    )
    .of(SENDING_RULES)
    .instead(&[(System::FeatureSignals, "ruleset")])
    .lacking(&[(TypeScript, IN_NODE)]),
    Setting::new(
        "snapshot_file",
        Form::Path(|mut d, path| {
            d.file = Some(path);
            d
        }),
        "The file in which the client keeps its last features. At the next start, the client serves them until the Edge sends features.",
    )
    .of(FEATUREHUB)
    .instead(&[(System::FeatBit, "bootstrap")])
    .lacking(&[(TypeScript, IN_NODE)]),
    Setting::new(
        "snapshot_max_age",
        Form::Seconds(|mut d, time| {
            d.max_age = Some(time);
            d
        }),
        "The maximum age of features in the snapshot file. Without it, features of any age are served.",
    )
    .of(FEATUREHUB)
    .setters(&["snapshot_file"])
    .lacking(&[(TypeScript, "it is the member `maxAge` of `snapshotFile` in Node")]),
    Setting::new(
        "snapshot_at_start",
        Form::Flag(|mut d, is_on| {
            d.reads_at_start = is_on;
            d
        }),
        "True to read the snapshot file before the client is returned, so that the first read of a feature has the value of the last session. Without it, Kotlin and Swift do so, and the other languages read the file in the background.",
    )
    .setters(&["snapshot_file"])
    .lacking(&[(TypeScript, "its client for Node always does so")]),
    Setting::new(
        "headers",
        Form::Headers(|d, headers| {
            d.with(|b| headers.into_iter().fold(b, |b, (name, value)| b.header(name, value)))
        }),
        "Headers to add to each request, for example for a proxy.",
    )
    .setters(&["header"]),
    Setting::new(
        "identification",
        Form::Text {
            example: "Shop,1.4",
            set: |d, text| d.with(|b| b.identification(text)),
        },
        "The value of the header `X-SDK`, which identifies the program to the Edge. By default it names the language and the version of the client; browsers send none.",
    ),
    Setting::new(
        "profile",
        Form::Choice(&[
            choice_of(
                FEATUREHUB,
                "client",
                |d| d.with(|b| b.profile(Profile::Client)),
                "The rules of most client SDKs.",
            ),
            choice_of(
                FEATUREHUB,
                "edge",
                |d| d.with(|b| b.profile(Profile::Edge)),
                "The rules of FeatureHub's Edge.",
            ),
            choice_of(
                FEATBIT,
                "server",
                |mut d| {
                    d.featbit.profile = featbit::Profile::Server;
                    d
                },
                "The rules of FeatBit's evaluation server, which are the default for FeatBit.",
            ),
            choice_of(
                FEATBIT,
                "draft",
                |mut d| {
                    d.featbit.profile = featbit::Profile::Draft;
                    d
                },
                "The rules of FeatBit's draft of a specification for SDKs.",
            ),
        ]),
        "The set of rules by which the client evaluates features, for FeatureHub those of a client-evaluated key.",
    )
    .of(SENDING_RULES)
    .default("\"client\""),
    Setting::new(
        "context_placement",
        Form::Choice(&[
            choice(
                "header",
                |d| d.with(|b| b.context_placement(ContextPlacement::Header)),
                "The context is sent in the header `x-featurehub`.",
            ),
            choice(
                "query",
                |d| d.with(|b| b.context_placement(ContextPlacement::Query)),
                "The context is sent in the query of the URL.",
            ),
        ]),
        "The part of a stream's request that carries the context of a server-evaluated key.",
    )
    .of(FEATUREHUB)
    .default("\"header\""),
    Setting::new(
        "while_switching",
        Form::Choice(&[
            choice(
                "hide",
                |d| d.with(|b| b.while_switching(WhileSwitching::Hide)),
                "Reads for the new context have no values until the Edge has sent them.",
            ),
            choice(
                "keep",
                |d| d.with(|b| b.while_switching(WhileSwitching::Keep)),
                "Reads have the values of the former context until then. Use this only in programs with a single user.",
            ),
        ]),
        "The values that the client serves while the Edge, or the server of FeatureSignals, evaluates a changed context.",
    )
    .of(EVALUATING)
    .default("\"hide\""),
    Setting::new(
        "backoff",
        Form::Backoff {
            default: Backoff {
                initial: Duration::from_secs(1),
                cap: Duration::from_secs(30),
                jitter: 0.5,
            },
            set: |d, backoff| d.with(|b| b.backoff(backoff)),
        },
        "The delays before retries after temporary failures.",
    )
    .default(r#"{"initial": 1, "cap": 30, "jitter": 0.5}"#),
    Setting::new(
        "backoff_when_refused",
        Form::Backoff {
            default: Backoff {
                initial: Duration::from_secs(60),
                cap: Duration::from_secs(600),
                jitter: 0.5,
            },
            set: |d, backoff| d.with(|b| b.backoff_when_refused(backoff)),
        },
        "The delays before retries after the Edge has refused the client.",
    )
    .default(r#"{"initial": 60, "cap": 600, "jitter": 0.5}"#),
    Setting::new(
        "return_within",
        Form::Range(|d, shortest, longest| d.with(|b| b.return_within(shortest..=longest))),
        "The shortest and the longest delay before a reconnect after the end of a stream that had sent features.",
    )
    .default("[0.1, 1]"),
    Setting::new(
        "healthy_after",
        Form::Seconds(|d, time| d.with(|b| b.healthy_after(time))),
        "The time after which a stream counts as healthy. After the end of a healthy stream, the delays of the back-off begin anew.",
    )
    .of(SENDING_RULES)
    .default("10"),
    Setting::new(
        "stream_again_after",
        Form::Seconds(|d, time| d.with(|b| b.stream_again_after(time))),
        "The time for which the client polls after the Edge could not stream, or a proxy held its streams back.",
    )
    .default("600"),
    Setting::new(
        "pace",
        Form::Seconds(|d, time| d.with(|b| b.pace(time))),
        "The time within which the client sends at most two requests.",
    )
    .default("1"),
    Setting::new(
        "limits",
        Form::Limits(|mut d, limits| {
            d.connect = Some(limits.connect);
            d.with(|b| b.limits(limits))
        }),
        "The time limits of requests, and the maximum size of a response. Without this setting, a client of FeatBit has 60 seconds for `poll`, 40 for `idle`, 10 for `held_back`, and 67108864 for `bytes`.",
    )
    .default(
        r#"{"connect": 5, "head": 12, "poll": 12, "idle": 90, "heldBack": 15, "bytes": 16777216}"#,
    ),
    Setting::new(
        "event_queue",
        Form::Count(|d, events| d.with(|b| b.event_queue(events))),
        "The maximum number of events that wait for slow listeners. A full queue drops its oldest event.",
    )
    .default("1024"),
    Setting::new(
        "catch_updates",
        Form::Flag(|d, is_on| if is_on { d.with(ClientBuilder::catch_updates) } else { d }),
        "True to hold back updates after the first features until the program releases them.",
    )
    .default("false"),
    Setting::new(
        "listeners",
        Form::Flag(|d, is_on| if is_on { d } else { d.with(ClientBuilder::without_listeners) }),
        "False to start no threads for listeners and observers, of which none is called then.",
    )
    .default("true")
    .setters(&["without_listeners"])
    .lacking(&[(TypeScript, "JavaScript has no threads for listeners")]),
    http_rows::CA_CERTIFICATE,
    http_rows::CLIENT_CERTIFICATE,
    http_rows::PROXY,
    http_rows::HTTP1_ONLY,
    Setting::new(
        "clock",
        Form::Code,
        "The clock that gives the time of day, for rules on `now`, for usage events, and for the age of stored features.",
    ),
    Setting::new(
        "interceptors",
        Form::Code,
        "Functions that can override the values of reads, each with its policy for locked features.",
    )
    .setters(&["interceptor"]),
    Setting::new(
        "observers",
        Form::Code,
        "Functions that are called for reads, each with the options that select the reads.",
    )
    .setters(&["observer"]),
    Setting::new(
        "on_readiness",
        Form::Code,
        "A listener for the first readiness, and for each change of it.",
    ),
    Setting::new(
        "on_status",
        Form::Code,
        "A listener for the first status, and for each change of the readiness, the connection or the problem.",
    ),
    Setting::new(
        "on_notice",
        Form::Code,
        "A listener for unusual events that do not stop the client.",
    ),
    Setting::new("on_raw", Form::Code, "A listener for the unchanged text of updates.")
        .lacking(&[(TypeScript, "`Client.onRaw` registers it before the first update")]),
    Setting::new(
        "on_new_state",
        Form::Code,
        "A listener for updates that change features visibly.",
    )
    .lacking(&[(TypeScript, "`Client.onNewState` registers it before the first update")]),
    Setting::new(
        "on_change",
        Form::Code,
        "Listeners for changes of single features, by the feature's key.",
    )
    .lacking(&[(TypeScript, "`Client.onChange` registers it before the first update")]),
    language_rows::START,
    language_rows::TRANSPORT,
    language_rows::URL_SESSION,
    language_rows::RUNTIME,
    language_rows::MANUAL_DELIVERY,
    language_rows::FETCH,
    language_rows::HYDRATE,
    language_rows::STORAGE,
    language_rows::STORAGE_MAX_AGE,
    language_rows::OVERRIDES,
    language_rows::OVERRIDE_LINK,
    language_rows::SHARE_ACROSS_TABS,
    language_rows::WHEN_HIDDEN,
    language_rows::KEEP_ALIVE,
    language_rows::ENGINE,
    language_rows::FULL_ENGINE,
    language_rows::INTEGRITY,
    language_rows::FULL_INTEGRITY,
];
