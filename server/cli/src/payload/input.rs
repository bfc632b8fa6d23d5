//! The argument that names the features: a file, stdin, or the URL of an Edge with an API key.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use clap::Args;

use super::document::Payload;
use super::download::download;
use crate::edge;
use crate::edge_address::{Address, is_host};
use crate::failure::Failure;
use crate::seconds;

/// The largest size of an input, in bytes. At most one further byte of a larger input is read.
const LARGEST: u64 = 1 << 30;

/// The arguments of a command that reads features.
#[derive(Clone, Args)]
pub(crate) struct InputArgs {
    /// The features: a file with a payload from FeatureHub, a state file, - for stdin, or the URL of an Edge. The URL may contain
    /// the API key, as in `https://edge.example.com/features/ENVIRONMENT/KEY`
    file: String,

    #[command(flatten)]
    edge: InputEdgeArgs,
}

/// The arguments that are used if the input is the URL of an Edge.
#[derive(Clone, Args)]
pub(crate) struct InputEdgeArgs {
    /// The client-evaluated API key, if FILE is the URL of an Edge. If the key is -, it is read from stdin. Default:
    /// $FEATUREHUB_CLIENT_API_KEY, then $FEATUREHUB_API_KEY
    #[arg(value_name = "API_KEY")]
    pub(crate) api_key: Option<String>,

    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

/// The option that waits for an Edge.
#[derive(Clone, Copy, Args)]
pub(crate) struct WaitArgs {
    /// Wait up to this time for an Edge that does not accept connections yet. Without --wait, a refused connection is an error
    /// at once
    #[arg(long, value_name = "SECONDS", value_parser = seconds::positive, help_heading = "Edge")]
    pub(crate) wait: Option<Duration>,
}

/// The arguments of a command about one feature: its input, and its key.
#[derive(Clone, Args)]
pub(crate) struct FeatureInputArgs {
    /// The features: a file with a payload from FeatureHub, a state file, - for stdin, or the URL of an Edge. The URL may contain
    /// the API key, as in `https://edge.example.com/features/ENVIRONMENT/KEY`
    #[arg(value_name = "FILE")]
    first: String,

    /// The client-evaluated API key, if FILE is the URL of an Edge. If the key is -, it is read from stdin. Default:
    /// $FEATUREHUB_CLIENT_API_KEY, then $FEATUREHUB_API_KEY
    #[arg(value_name = "API_KEY")]
    second: Option<String>,

    /// The key of the feature. It may also come first, before FILE
    // If API_KEY is left out, the argument before this one holds the key.
    #[arg(value_name = "FEATURE")]
    third: Option<String>,

    #[command(flatten)]
    wait: WaitArgs,
}

/// An input, and the API key for it.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) file: &'a str,
    pub(crate) api_key: Option<&'a str>,
    pub(crate) wait: Option<Duration>,
}

impl InputArgs {
    pub(crate) fn input(&self) -> Input<'_> {
        self.edge.input(&self.file)
    }
}

impl InputEdgeArgs {
    /// Returns the input with this name.
    pub(crate) fn input<'a>(&'a self, file: &'a str) -> Input<'a> {
        Input { file, api_key: self.api_key.as_deref(), wait: self.wait.wait }
    }
}

impl FeatureInputArgs {
    /// Returns the input and the key of the feature. The key comes last, or first before an argument that is plainly an input.
    pub(crate) fn resolve(&self) -> Result<(Input<'_>, &str), Failure> {
        let Self { first, second, third, wait } = self;
        let Some(second) = second else {
            return Err(Failure::Input(format!(
                "{first} is the only argument: the file comes first, then the key of the feature"
            )));
        };
        let is_input = |text: &str| text == "-" || Path::new(text).exists() || is_url(text, false);
        let is_key_first = !is_input(first) && is_input(second);
        let (file, api_key, key) = match third {
            Some(third) if is_key_first => (second, Some(third.as_str()), first),
            Some(third) => {
                edge::features(vec![third.clone()])?;
                (first, Some(second.as_str()), third)
            }
            None if is_key_first => (second, None, first),
            None if is_input(first) => (first, None, second),
            None => {
                return Err(Failure::Input(format!(
                    "cannot read {first}: there is no such file; the file comes first, then the key of the feature"
                )));
            }
        };
        Ok((Input { file, api_key, wait: wait.wait }, key))
    }
}

/// Returns true for a text with `://`, and for a host without a scheme, unless a file has this name.
fn is_url(text: &str, has_key: bool) -> bool {
    text.contains("://") || (is_host(text, has_key) && !Path::new(text).exists())
}

impl Input<'_> {
    /// Returns the words for the API key, and true if one is given.
    pub(crate) const fn key(&self) -> (&'static str, bool) {
        ("an API key", self.api_key.is_some())
    }

    /// Reads the features.
    pub(crate) fn read(self) -> Result<Payload, Failure> {
        if is_url(self.file, self.api_key.is_some()) {
            let address = Address::parse(self.file).map_err(Failure::Input)?;
            let given = self.api_key.map(str::to_string).into_iter().collect();
            let edge = edge::Edge::at(address, given)?;
            return download(&edge, self.wait);
        }
        if let Some(other) = self.api_key {
            let is_key = edge::key_in(other).is_some() || other.contains('*');
            let shown = if is_key { "an API key" } else { other };
            let advice = match [self.file, other].map(|text| Path::new(text).exists()) {
                [true, false] if !is_key => {
                    format!("; `fh eval` has --key {other} for one feature")
                }
                [false, true] => format!("; the file {other} comes first"),
                _ => String::new(),
            };
            return Err(Failure::Input(format!(
                "unexpected argument: {shown} follows {}, which is no URL of an Edge: give one file, or a URL with http:// or https:// before the key{advice}",
                self.file
            )));
        }
        let (name, bytes) = read_bytes(self.file)?;
        Payload::of_document(name, bytes)
    }
}

/// Reads a file, or stdin if the path is `-`. Returns the name of the input and its bytes.
pub(crate) fn read_bytes(path: &str) -> Result<(String, Vec<u8>), Failure> {
    let (name, bytes) = if path == "-" {
        ("stdin".to_string(), limited(io::stdin().lock()))
    } else {
        (path.to_string(), File::open(path).and_then(limited))
    };
    let bytes = bytes.map_err(|error| Failure::Input(unreadable(&name, &error)))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::Input(format!(
            "{name} is larger than 1 GiB, which is more than fh reads: split the input"
        )));
    }
    Ok((name, bytes))
}

fn limited(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(name: &str, error: &io::Error) -> String {
    match error.kind() {
        // The URL may hold an API key.
        _ if name.contains("://") => {
            "a URL stands where a file is needed (`-` reads stdin): save the answer of the server in a file, for example with curl; `fh get` and `fh watch` read from a server".to_string()
        }
        ErrorKind::NotFound => match fh_files::similar_file(Path::new(name)) {
            Some(meant) => {
                format!("cannot read {name}: there is no such file; did you mean {}?", meant.display())
            }
            None => format!(
                "cannot read {name}: there is no such file (`-` reads stdin, and a URL begins with http:// or https://)"
            ),
        },
        ErrorKind::PermissionDenied => {
            format!("cannot read {name}: permission denied; make the file readable for this user")
        }
        ErrorKind::IsADirectory => {
            format!("cannot read {name}: this path is a directory, and a file is needed")
        }
        _ => format!("cannot read {name}: {error}"),
    }
}
