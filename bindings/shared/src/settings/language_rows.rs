//! The rows of the table that belong to one language or to two, because the others have nothing that they could set.

use crate::language::Language::{Kotlin, Python, Rust, Swift, TypeScript};

use super::form::Form;
use super::setting::Setting;

const IN_A_BROWSER: &str = "a browser has pages, tabs and storage of its own";
const FILES_OF_THE_ENGINE: &str = "the engine is a WebAssembly file that the package loads";

pub(super) const START: Setting = Setting::new(
    "start",
    Form::Code,
    "`lazy` to start the client at its first use, for programs that fork.",
)
.only(&[Python], "only Python programs fork as a rule");

pub(super) const TRANSPORT: Setting =
    Setting::new("transport", Form::Code, "The transport that sends the client's requests.").only(
        &[Rust, Kotlin],
        "the other languages have settings for it, or an HTTP client of their own",
    );

pub(super) const URL_SESSION: Setting = Setting::new(
    "url_session",
    Form::Code,
    "The configuration of the `URLSession` that sends requests.",
)
.only(&[Swift], "`URLSession` is a class of Swift's Foundation");

pub(super) const RUNTIME: Setting =
    Setting::new("runtime", Form::Code, "The tokio runtime on which the client runs.")
        .only(&[Rust], "tokio is a library of Rust");

pub(super) const MANUAL_DELIVERY: Setting = Setting::new(
    "manual_delivery",
    Form::Code,
    "A function that asks the program to deliver events on a thread of its own.",
)
.only(&[Rust], "the bindings deliver events on threads of their language");

pub(super) const FETCH: Setting =
    Setting::new("fetch", Form::Code, "The function that sends requests.")
        .only(&[TypeScript], "the name and the form are those of JavaScript");

pub(super) const HYDRATE: Setting = Setting::new(
    "hydrate",
    Form::Code,
    "The document of `Context.dehydrate` that a server has put into the page.",
)
.only(&[TypeScript], IN_A_BROWSER);

pub(super) const STORAGE: Setting = Setting::new(
    "storage",
    Form::Code,
    "The place in which the client keeps its last features for the next start.",
)
.only(&[TypeScript], IN_A_BROWSER);

pub(super) const STORAGE_MAX_AGE: Setting =
    Setting::new("storage_max_age", Form::Code, "The maximum age of stored features in seconds.")
        .only(&[TypeScript], IN_A_BROWSER);

pub(super) const OVERRIDES: Setting = Setting::new(
    "overrides",
    Form::Code,
    "`session` to keep the overrides of a tester in the tab.",
)
.only(&[TypeScript], IN_A_BROWSER);

pub(super) const OVERRIDE_LINK: Setting =
    Setting::new("override_link", Form::Code, "True to let links override features.")
        .only(&[TypeScript], IN_A_BROWSER);

pub(super) const SHARE_ACROSS_TABS: Setting =
    Setting::new("share_across_tabs", Form::Code, "False to give each tab a stream of its own.")
        .only(&[TypeScript], IN_A_BROWSER);

pub(super) const WHEN_HIDDEN: Setting =
    Setting::new("when_hidden", Form::Code, "`pause` to suspend the client of a hidden page.")
        .only(&[TypeScript], IN_A_BROWSER);

pub(super) const KEEP_ALIVE: Setting = Setting::new(
    "keep_alive",
    Form::Code,
    "False to let a program in Node end while the client is open.",
)
.only(&[TypeScript], "only the event loop of Node waits for open clients");

pub(super) const ENGINE: Setting = Setting::new(
    "engine",
    Form::Code,
    "The evaluation engine, in place of the file beside the package's JavaScript.",
)
.only(&[TypeScript], FILES_OF_THE_ENGINE);

pub(super) const FULL_ENGINE: Setting = Setting::new(
    "full_engine",
    Form::Code,
    "The engine for regular expressions and the profile `edge`.",
)
.only(&[TypeScript], FILES_OF_THE_ENGINE);

pub(super) const INTEGRITY: Setting =
    Setting::new("integrity", Form::Code, "The digest that the file of the engine must have.")
        .only(&[TypeScript], FILES_OF_THE_ENGINE);

pub(super) const FULL_INTEGRITY: Setting = Setting::new(
    "full_integrity",
    Form::Code,
    "The digest that the file of the full engine must have.",
)
.only(&[TypeScript], FILES_OF_THE_ENGINE);
