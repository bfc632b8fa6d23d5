//! Flags of the toy system, which only a server has: how `fh` opens the server and shows its flags.

use fh_client::{Client, ClientBuilder, Detail, Problem, System};
use fh_eval::{FeatureRef, Subject, Timestamp};

use super::flag_system::{Checked, FlagSystem, Given, OpenFlags};
use crate::failure::{Failure, Status};
use crate::feature_table::{Names, Reading};
use crate::flag_server::{Servers, trouble, usage};
use crate::payload::Input;
use crate::profile::ProfileArgs;
use crate::ruleset::RulesArgs;
use crate::screen::Screen;
use crate::server::Server;

pub(crate) struct Toy;

static NAMES: Names = Names { flag: "flag", variant: None };

static SERVERS: Servers = Servers {
    url: "TOY_URL",
    secret: "TOY_URL",
    secret_name: "URL",
    an_environment: "the toy system",
    is_like_a_secret: |_| false,
    has_environment: false,
    open: |url, _, _| {
        let url = url.ok_or_else(|| {
            usage("no URL of the toy system: write the URL first, or set TOY_URL to it".to_string())
        })?;
        Ok(Box::new(ToyServer { url }))
    },
    context: |_, context| Ok(context.clone()),
};

/// Returns the error for a command that reads a file.
fn no_file() -> Failure {
    usage("no file holds flags of the toy system: write `fh get --system toy URL`".to_string())
}

impl FlagSystem for Toy {
    fn open(&self, _: &Given<'_>) -> Result<Box<dyn OpenFlags>, Failure> {
        Err(no_file())
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn servers(&self) -> Option<&'static Servers> {
        Some(&SERVERS)
    }

    fn read<'r>(
        &self,
        flag: FeatureRef<'r>,
        subject: &Subject<'r, Timestamp>,
        _: Option<Detail>,
    ) -> Reading {
        let evaluation = flag.evaluate(subject);
        let value = flag.value_token(&evaluation).map(str::to_string);
        Reading {
            // The toy system has no versions.
            version: None,
            ..Reading::of(&NAMES, flag, &evaluation, value, evaluation.reason().as_str())
        }
    }

    fn cases(
        &self,
        _: &str,
        _: Option<&str>,
        _: &RulesArgs,
        _: &mut Screen<'_>,
    ) -> Result<Status, Failure> {
        Err(no_file())
    }

    fn lint(&self, _: Input<'_>, _: Option<&str>, _: ProfileArgs) -> Result<Checked, Failure> {
        Err(no_file())
    }
}

struct ToyServer {
    url: String,
}

impl Server for ToyServer {
    fn client(&self) -> ClientBuilder {
        Client::toy(&*self.url).identification(concat!("fh/", env!("CARGO_PKG_VERSION")))
    }

    fn client_for_once(&self) -> ClientBuilder {
        self.client()
    }

    fn heading(&self) -> String {
        format!("{}, evaluated by the server", self.url)
    }

    fn trouble(&self, problem: &Problem) -> String {
        trouble(System::Toy, "the toy system's server", &self.url, problem)
    }
}
