//! The table of all settings.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;

use fh_client::EdgeUrl;
use fh_edge::listen::{ConnectionLimit, InvalidNetwork, MemoryLimit, PerAddress, ProxyProtocol};
use fh_edge::{AdminKey, AdminTransport, Administration, Compression, Console, Monitoring};

use super::keys::{keys_in, relay_keys, relay_keys_in, service_key};
use super::relay_header::{header_pair, relay_headers_in};
use super::setting::Form::{Lines, Many, One, Switch};
use super::setting::Group::{Browsers, Clients, Limits, Network, Operations, Origin};
use super::setting::Setting;
use super::state_source::StateSource;
use super::value::{
    at_least_a_second, bytes, bytes_of, header, header_names, header_text, limit, list, number,
    path, path_text, port, seconds_of, seconds_of_limit, some_bytes, switch, time,
};

/// The largest size of a file with keys or headers, in bytes. A larger file is an error.
const MOST_FILE_BYTES: u64 = 1 << 20;

/// All settings, in the order of the help and of the page.
pub(crate) static SETTINGS: [Setting; 61] = [
    Setting::new(
        Origin,
        "state",
        One("FILE|URL"),
        "The state file, which holds features, environments and API keys as YAML or JSON (`fh init` writes an example). The file is reloaded when it changes. A URL (https://...) is fetched every --state-poll seconds, and the server then refuses changes by PUT and the admin API. Without a state and without --relay, the server needs an admin key, and features and keys are added through the admin API",
        |s, text| put(&mut s.state, StateSource::parse(text)),
        |s| s.state.as_ref().map(ToString::to_string).unwrap_or_default(),
    )
    .short("The state file (`fh init` writes one), or its URL"),
    Setting::new(
        Origin,
        "data",
        One("DIR"),
        "The folder that stores changes made through PUT and the admin API and a copy of the last valid state file, or the features of a relay. Without --data, a restart loses this data. Only one server at a time can use the folder, and a second server does not start",
        |s, text| put(&mut s.data, Ok(path(text))),
        |s| path_text(s.data.as_ref()),
    )
    .short("The folder that stores changes"),
    Setting::new(
        Origin,
        "key",
        Many("KEY[,KEY]"),
        "An API key that may read every environment of the state file. Use this option if the state file contains no keys, for example a saved response to GET /features",
        |s, text| {
            s.keys.extend(list(text, service_key)?);
            Ok(())
        },
        |s| if s.keys.is_empty() { String::new() } else { format!("{} keys", s.keys.len()) },
    )
    .short("An API key that reads all environments")
    .secret(),
    Setting::new(
        Origin,
        "relay",
        One("URL"),
        "The URL of the upstream Edge whose features this server relays, instead of serving a state file. With --data, a relay that starts while the upstream Edge is unreachable serves the features that it received last, within the limit of --relay-max-age",
        |s, text| {
            let url = text.trim();
            let parse = || EdgeUrl::parse(url).map_err(|why| why.to_string());
            let relay = (!url.is_empty()).then(parse).transpose();
            put(&mut s.relay, relay.map(|edge| edge.map(|edge| (edge, url.to_string()))))
        },
        |s| s.relay.as_ref().map(|(edge, _)| edge.to_string()).unwrap_or_default(),
    )
    .short("Relay the features of this Edge instead"),
    Setting::new(
        Origin,
        "relay-key",
        Many("KEY[,KEY]"),
        "The API keys of one service account that the relay serves: a client-evaluated key, a server-evaluated key, or both, separated by a comma. Repeat the option for further accounts",
        |s, text| {
            s.relay_keys.push(relay_keys(text)?);
            Ok(())
        },
        |s| if s.relay_keys.is_empty() { String::new() } else { format!("{} accounts", s.relay_keys.len()) },
    )
    .short("API keys that the relay serves")
    .secret(),
    Setting::new(
        Origin,
        "relay-any-key",
        One("COUNT"),
        "The limit on API keys that are in neither --relay-key nor --relay-key-file. The relay serves at most this number of such keys at a time, and tries at most this number of new ones per second. Above either limit, if no unused connection can be closed, polls with a new key get 429, and streams with a new key wait. 0 means that such keys are refused",
        |s, text| put(&mut s.relay_any_key, number(text, "100")),
        |s| s.relay_any_key.to_string(),
    ),
    Setting::new(
        Origin,
        "profile",
        One("client|edge"),
        "The evaluation profile for server-evaluated keys in environments that set no profile. With few exceptions, `client` gives the results of most client SDKs, and `edge` gives the results of FeatureHub's Edge. A relay accepts only `client`",
        |s, text| put(&mut s.edge.profile, text.trim().parse().map_err(|_| "write client or edge".to_string())),
        |s| s.edge.profile.as_str().to_string(),
    )
    .short("How server-evaluated keys evaluate"),
    Setting::new(
        Origin,
        "relay-max-age",
        One("SECONDS"),
        "The longest time for which a relay serves the features of a key after the last successful response of the upstream Edge. With --data, this time also counts across restarts. After it, polls with the key get 503. Readiness also fails if the key is a client-evaluated key of --relay-key or --relay-key-file. The next successful response ends both. 0 means no limit",
        |s, text| put(&mut s.relay_max_age, time(text)),
        |s| seconds_of(s.relay_max_age),
    ),
    Setting::new(
        Origin,
        "relay-poll",
        One("SECONDS"),
        "The interval at which the relay polls the upstream Edge in place of streaming. The upstream Edge may change it by `cache-control: max-age`. 0 means that the relay streams, and polls only while the upstream Edge cannot stream or a proxy holds its streams back",
        |s, text| put(&mut s.relay_poll, time(text)),
        |s| seconds_of(s.relay_poll),
    ),
    Setting::new(
        Origin,
        "state-poll",
        One("SECONDS"),
        "The interval at which the server fetches the state from the URL of --state, varied by up to 10 %. A server that supports etags or Last-Modified sends the state only after a change",
        |s, text| put(&mut s.state_poll, at_least_a_second(text)),
        |s| seconds_of(s.state_poll),
    ),
    Setting::new(
        Origin,
        "state-token-file",
        One("FILE"),
        "A file with a token, which requests to the URL of --state send as `Authorization: Bearer TOKEN`. The file is read for each request",
        |s, text| put(&mut s.state_token_file, Ok(path(text))),
        |s| path_text(s.state_token_file.as_ref()),
    ),
    Setting::new(
        Origin,
        "default-state",
        One("FILE"),
        "The state file to serve if neither --state nor --relay is set. Container images and systemd units set the environment variable of this option",
        |s, text| put(&mut s.default_state, Ok(path(text))),
        |s| path_text(s.default_state.as_ref()),
    ),
    Setting::new(
        Origin,
        "relay-header",
        Lines("NAME=VALUE"),
        "A header that the relay adds to every request to the upstream Edge, for example for a gateway that requires the header. Repeat the option for several headers. The environment variable holds one header per line",
        |s, text| {
            s.relay_headers.push(header_pair(text)?);
            Ok(())
        },
        |s| if s.relay_headers.is_empty() { String::new() } else { format!("{} headers", s.relay_headers.len()) },
    )
    .secret(),
    Setting::new(
        Origin,
        "relay-header-file",
        One("FILE"),
        "A file with one header per line, in the form of --relay-header, for example a mounted secret. The file is reloaded when it changes",
        |s, text| {
            let Some(file) = path(text) else { return Ok(()) };
            s.relay_file_headers = relay_headers_in(&read(&file)?)?;
            s.relay_header_file = Some(file);
            Ok(())
        },
        |s| path_text(s.relay_header_file.as_ref()),
    ),
    Setting::new(
        Origin,
        "key-file",
        One("FILE"),
        "A file with API keys in the form of --key, one per line or separated by commas. The file is reloaded when it changes",
        |s, text| {
            let Some(file) = path(text) else { return Ok(()) };
            s.file_keys = keys_in(&read(&file)?)?;
            s.key_file = Some(file);
            Ok(())
        },
        |s| path_text(s.key_file.as_ref()),
    ),
    Setting::new(
        Origin,
        "relay-key-file",
        One("FILE"),
        "A file with the API keys that the relay serves. Each line holds the keys of one service account, in the form of --relay-key. The file is reloaded when it changes",
        |s, text| {
            let Some(file) = path(text) else { return Ok(()) };
            s.relay_file_keys = relay_keys_in(&read(&file)?)?;
            s.relay_key_file = Some(file);
            Ok(())
        },
        |s| path_text(s.relay_key_file.as_ref()),
    ),
    Setting::new(
        Origin,
        "data-repair",
        Switch,
        "If the file in the --data folder or one of its records is damaged, start with the records that are readable, and log the repair. A copy of the damaged file stays in the folder. Without this option, the server does not start",
        |s, text| put(&mut s.data_repair, switch(text)),
        |s| s.data_repair.to_string(),
    ),
    Setting::new(
        Network,
        "listen",
        One("ADDRESS"),
        "The IP address that the server listens on. 0.0.0.0 means all IPv4 addresses of this machine. :: means all IPv6 addresses and, on most systems, all IPv4 addresses",
        |s, text| put(&mut s.address, ip_address(text)),
        |s| s.address.to_string(),
    )
    .short("The IP address to listen on"),
    Setting::new(
        Network,
        "port",
        One("PORT"),
        "The port of the API. 0 means any free port",
        |s, text| put(&mut s.port, port(text, "8903")),
        |s| s.port.to_string(),
    )
    .short("The port of the API")
    .property("server.port"),
    Setting::new(
        Network,
        "monitor-port",
        One("PORT"),
        "A separate port for health and metrics. The port of the API then serves no metrics, and serves health only if --url-path is set. 0 means any free port",
        |s, text| {
            s.edge.monitoring = Monitoring::Apart;
            put(&mut s.monitor_port, port(text, "8701").map(Some))
        },
        |s| s.monitor_port.map(|port| port.to_string()).unwrap_or_default(),
    )
    .short("A separate port for health and metrics")
    .default("the port of the API")
    .property_but("monitor.port", "0"),
    Setting::new(
        Network,
        "url-path",
        One("PATH"),
        "The path prefix of the API, for a proxy that does not remove the prefix. Requests to the port of the API without the prefix get 404, except for health checks, and except for metrics if --monitor-port is not set",
        |s, text| put(&mut s.url_path, url_path(text)),
        |s| if s.url_path.is_empty() { "/".to_string() } else { s.url_path.clone() },
    )
    .property("featurehub.url-path"),
    Setting::new(
        Network,
        "trusted-proxies",
        One("NETWORK,..."),
        "The IP addresses or networks (such as 10.0.0.0/8) of the proxies whose headers x-forwarded-for and x-forwarded-proto are trusted",
        |s, text| put(&mut s.proxies, text.parse().map_err(|why: InvalidNetwork| why.to_string())),
        |s| s.proxies.to_string(),
    )
    .short("Proxies whose x-forwarded-for is trusted"),
    Setting::new(
        Network,
        "proxy-protocol",
        Switch,
        "Read a header of the PROXY protocol, version 1 or 2, at the beginning of each connection from an address of --trusted-proxies to the port of the API. The header names the client's address. A connection from these addresses without the header is closed, and other connections have none",
        |s, text| {
            let proxy_protocol =
                |is_on| if is_on { ProxyProtocol::Required } else { ProxyProtocol::Off };
            put(&mut s.listen.proxy_protocol, switch(text).map(proxy_protocol))
        },
        |s| (s.listen.proxy_protocol == ProxyProtocol::Required).to_string(),
    ),
    Setting::new(
        Network,
        "tls-certificate",
        One("FILE"),
        "A PEM file with the server's certificate and its intermediate certificates. This option enables TLS, with HTTP/2 for clients that support HTTP/2. The file is reloaded when it changes",
        |s, text| put(&mut s.tls_certificate, Ok(path(text))),
        |s| path_text(s.tls_certificate.as_ref()),
    )
    .short("The certificate, which enables TLS"),
    Setting::new(
        Network,
        "tls-key",
        One("FILE"),
        "A PEM file with the private key of the certificate in --tls-certificate. The file is reloaded together with the certificate",
        |s, text| put(&mut s.tls_key, Ok(path(text))),
        |s| path_text(s.tls_key.as_ref()),
    )
    .short("The private key of the certificate"),
    Setting::new(
        Network,
        "monitor-listen",
        One("ADDRESS"),
        "The IP address that the monitor port listens on, such as 127.0.0.1 to accept connections from this machine only",
        |s, text| {
            let address = Some(text.trim()).filter(|text| !text.is_empty());
            put(&mut s.monitor_address, address.map(ip_address).transpose())
        },
        |s| s.monitor_address.map(|address| address.to_string()).unwrap_or_default(),
    )
    .default("the address of --listen"),
    Setting::new(
        Network,
        "monitor-tls",
        Switch,
        "Use TLS on the monitor port as well, with the certificate of --tls-certificate. Without this option, the monitor port uses plain HTTP",
        |s, text| put(&mut s.monitor_tls, switch(text)),
        |s| s.monitor_tls.to_string(),
    ),
    Setting::new(
        Clients,
        "heartbeat",
        One("SECONDS"),
        "The interval of the heartbeats of feature streams. 0 means that these streams get no heartbeats",
        |s, text| put(&mut s.edge.heartbeat, time(text)),
        |s| seconds_of(s.edge.heartbeat),
    )
    .property("edge.sse.heartbeat-period"),
    Setting::new(
        Clients,
        "drop-after",
        One("SECONDS"),
        "The time after which the server ends a stream with the event `bye`, varied by up to 10 %. The SDK or the console then reconnects. 0 means no limit",
        |s, text| put(&mut s.edge.drop_after, time(text)),
        |s| seconds_of(s.edge.drop_after),
    )
    .property("edge.sse.drop-after-seconds"),
    Setting::new(
        Clients,
        "cache-control",
        One("VALUE"),
        "The value of the header cache-control in responses that may be cached, such as responses to polls. This value replaces the value that an environment sets. With max-age=60, SDKs that obey the header poll once a minute",
        |s, text| put(&mut s.edge.cache_control, header(text)),
        |s| header_text(s.edge.cache_control.as_ref()),
    )
    .property("edge.cache-control.header"),
    Setting::new(
        Clients,
        "compression",
        One("gzip|off"),
        "The compression of responses to polls with one API key: `off`, or `gzip` for clients that accept gzip, if the body has at least 1024 bytes and shrinks to half its size or less. Other responses, such as streams, are never compressed",
        |s, text| put(&mut s.edge.compression, compression(text)),
        |s| match s.edge.compression {
            Compression::Off => "off".to_string(),
            _ => "gzip".to_string(),
        },
    ),
    Setting::new(
        Limits,
        "requests-per-second",
        One("NUMBER"),
        "The limit on requests per second with one API key, as an average. After a pause, a burst of up to this number of requests is answered at once. Above the limit, polls, PUTs and OFREP requests get 429, and streams get their features later. 0 means no limit",
        |s, text| {
            let rate: u32 = number(text, "100")?;
            s.edge.requests_per_second = (rate > 0).then_some(rate);
            Ok(())
        },
        |s| s.edge.requests_per_second.unwrap_or(0).to_string(),
    )
    .short("Limit per API key"),
    Setting::new(
        Limits,
        "requests-per-second-per-address",
        One("NUMBER"),
        "The limit on requests per second with one API key from one address (IPv6: one /64 network), as an average. Above the limit, polls, PUTs and OFREP requests get 429 and do not count towards --requests-per-second, and streams get their features later. A relay counts all unverified keys of an address as one key. 0 means no limit",
        |s, text| {
            let rate: u32 = number(text, "20")?;
            s.edge.requests_per_second_per_address = (rate > 0).then_some(rate);
            Ok(())
        },
        |s| s.edge.requests_per_second_per_address.unwrap_or(0).to_string(),
    ),
    Setting::new(
        Limits,
        "max-connections",
        One("NUMBER"),
        "The limit on open connections of each port. Above the limit, the server accepts up to 16 more connections, and closes such a connection if its request is not a health check and there is still no room. While these 16 are in use, new connections wait",
        |s, text| put(&mut s.listen.max_connections, number(text, "10000")),
        |s| s.listen.max_connections.to_string(),
    )
    .short("Limit of open connections")
    .default("the limit on file descriptors minus 256, but at least half of it, or fewer if 3/8 of the memory holds fewer connections")
    .derived(|| ConnectionLimit::read().to_string()),
    Setting::new(
        Limits,
        "max-http2-requests",
        One("NUMBER"),
        "The limit on concurrent requests on one HTTP/2 connection, including open event streams. Above the limit, new requests are refused until a request ends. After 1024 refusals, the next one closes the connection. The server announces the limit to clients when they connect",
        |s, text| put(&mut s.listen.max_http2_requests, number(text, "128")),
        |s| s.listen.max_http2_requests.to_string(),
    ),
    Setting::new(
        Limits,
        "max-header-bytes",
        One("BYTES"),
        "The limit on the size of a request's head. The head consists of the request's first line and its headers, which may include the evaluation context. A larger head is answered with 431",
        |s, text| put(&mut s.listen.max_header_bytes, some_bytes(text)),
        |s| bytes_of(s.listen.max_header_bytes.get()),
    ),
    Setting::new(
        Limits,
        "max-body-bytes",
        One("BYTES"),
        "The limit on the size of a request's body, except for a state that is sent to the admin API. A larger body is answered with 413. A body that takes more than 30 seconds to arrive is answered with 408. OFREP requests get 400 for both",
        |s, text| put(&mut s.edge.body_limit, bytes(text)),
        |s| bytes_of(s.edge.body_limit),
    ),
    Setting::new(
        Limits,
        "answer-cache",
        One("BYTES"),
        "The limit on the memory for cached answers of all environments together. Above the limit, cached answers are evicted",
        |s, text| put(&mut s.edge.answer_cache, bytes(text).map(|count| count as u64)),
        |s| bytes_of(usize::try_from(s.edge.answer_cache).unwrap_or(usize::MAX)),
    ),
    Setting::new(
        Limits,
        "request-memory",
        One("BYTES"),
        "The limit on the memory that all requests together reserve while they wait for their clients: bodies that arrive, answers of server-evaluated keys and of OFREP until they are sent, and contexts of streams. One address may use a quarter of it, except trusted proxies. A request that gets no memory within 5 seconds is answered with 503, and a stream gets its features later",
        |s, text| put(&mut s.edge.request_memory, bytes(text).map(|count| count as u64)),
        |s| bytes_of(usize::try_from(s.edge.request_memory).unwrap_or(usize::MAX)),
    )
    .default("a quarter of the memory that the process may use, at most 2 GiB")
    .derived(|| MemoryLimit::read().map_or_else(String::new, |limit| format!("1/4 of {limit}, at most 2 GiB"))),
    Setting::new(
        Limits,
        "header-timeout",
        One("SECONDS"),
        "The time limit for receiving a request's head. On HTTP/2, the limit applies only to the first request of a connection. When the time is over, the connection is closed. 0 means no limit",
        |s, text| put(&mut s.listen.header_timeout, limit(text)),
        |s| seconds_of_limit(s.listen.header_timeout),
    ),
    Setting::new(
        Limits,
        "handshake-timeout",
        One("SECONDS"),
        "The time limit for a TLS handshake. When the time is over, the connection is closed. 0 means no limit",
        |s, text| put(&mut s.listen.handshake_timeout, limit(text)),
        |s| seconds_of_limit(s.listen.handshake_timeout),
    ),
    Setting::new(
        Limits,
        "idle-timeout",
        One("SECONDS"),
        "The time limit between two requests on a connection. When the time is over, the connection is closed (on HTTP/2, after up to twice the time). Set a longer time than the idle timeout of load balancers in front of the server. 0 means no limit",
        |s, text| put(&mut s.listen.idle_timeout, limit(text)),
        |s| seconds_of_limit(s.listen.idle_timeout),
    ),
    Setting::new(
        Limits,
        "write-timeout",
        One("SECONDS"),
        "The time limit for a client that reads none of the data that waits for it. When the time is over, the connection is closed, or the stream of an HTTP/2 connection is reset. 0 means no limit",
        |s, text| put(&mut s.listen.write_timeout, limit(text)),
        |s| seconds_of_limit(s.listen.write_timeout),
    ),
    Setting::new(
        Limits,
        "max-connections-per-address",
        One("NUMBER"),
        "The limit on open connections from one address (IPv6: one /64 network). Above the limit, new connections are closed, except for up to 8 that the server accepts for health checks only. The limit does not apply to trusted proxies. 0 means no limit",
        |s, text| put(&mut s.listen.max_connections_per_address, per_address(text)),
        |s| match s.listen.max_connections_per_address {
            PerAddress::Quarter => String::new(),
            PerAddress::Most(most) => most.to_string(),
            PerAddress::Unlimited => "0".to_string(),
        },
    )
    .default("a quarter of --max-connections")
    .derived(|| "1/4 of max-connections".to_string()),
    Setting::new(
        Limits,
        "max-context-bytes",
        One("BYTES"),
        "The limit on the size of a request's evaluation context, as text in the header, the query or the JSON body. A larger context is answered with 413, or with 400 for OFREP",
        |s, text| put(&mut s.edge.max_context_bytes, bytes(text)),
        |s| bytes_of(s.edge.max_context_bytes),
    ),
    Setting::new(
        Limits,
        "evaluation-budget",
        One("STEPS"),
        "The limit on evaluation steps for one request. A step takes about a nanosecond. A request that could need more steps is answered with 413, or with 400 for OFREP, and an open stream that could need more steps ends with the event `bye`",
        |s, text| put(&mut s.edge.evaluation_budget, number(text, "32000000")),
        |s| s.edge.evaluation_budget.to_string(),
    ),
    Setting::new(
        Browsers,
        "cors-headers",
        One("NAME,..."),
        "The request headers that web pages of other origins may send, in addition to the default ones. The default ones include those of tracing tools, such as sentry-trace and x-datadog-trace-id",
        |s, text| put(&mut s.edge.cors_headers, header_names(text)),
        |s| s.edge.cors_headers.join(","),
    )
    .property("jersey.cors.headers"),
    Setting::new(
        Browsers,
        "cors-expose-headers",
        One("NAME,..."),
        "The response headers that web pages of other origins may read, in addition to the default ones",
        |s, text| put(&mut s.edge.cors_expose_headers, header_names(text)),
        |s| s.edge.cors_expose_headers.join(","),
    )
    .property("jersey.cors.expose-headers"),
    Setting::new(
        Browsers,
        "cors-max-age",
        One("SECONDS"),
        "The longest time for which browsers may cache the response to a CORS preflight request",
        |s, text| put(&mut s.edge.cors_max_age, time(text)),
        |s| seconds_of(s.edge.cors_max_age),
    )
    .property("jersey.cors.timeout"),
    Setting::new(
        Operations,
        "admin-key",
        One("KEY"),
        "The key of the admin API at /admin/v1, which reads and changes the whole state. The key must have 16 to 400 visible ASCII characters. Without a key, there is no admin API",
        |s, text| put(&mut s.edge.admin_key, admin_key(text)),
        |s| if s.edge.admin_key.is_some() { "set".to_string() } else { String::new() },
    )
    .secret(),
    Setting::new(
        Operations,
        "admin-key-file",
        One("FILE"),
        "A file with the admin key, for example a mounted secret. The file is reloaded when it changes",
        |s, text| {
            let Some(file) = path(text) else { return Ok(()) };
            let key = read(&file)?;
            s.admin_key_file = Some(file);
            put(&mut s.edge.admin_key, admin_key(&key))
        },
        |s| path_text(s.admin_key_file.as_ref()),
    )
    .short("A file with the key of the admin API"),
    Setting::new(
        Operations,
        "admin-on",
        One("api|monitor"),
        "The port that serves the admin API and the console: `api` for the port of the API, or `monitor` for the port of --monitor-port",
        |s, text| put(&mut s.edge.administration, administration(text)),
        |s| match s.edge.administration {
            Administration::WithMonitoring => "monitor".to_string(),
            _ => "api".to_string(),
        },
    ),
    Setting::new(
        Operations,
        "console",
        Switch,
        "Serve a web console at /console, on the port of the admin API. The console needs an admin key",
        |s, text| {
            let console = |is_on| if is_on { Console::On } else { Console::Off };
            put(&mut s.edge.console, switch(text).map(console))
        },
        |s| (s.edge.console == Console::On).to_string(),
    )
    .short("Serve the console below /console"),
    Setting::new(
        Operations,
        "grace",
        One("SECONDS"),
        "The time that open connections have to end in a graceful stop, which begins after --shutdown-delay. During this time, streams end with the event `bye`. Connections that are still open when the time is over are closed",
        |s, text| put(&mut s.listen.grace, time(text)),
        |s| seconds_of(s.listen.grace),
    )
    .property("server.gracePeriodInSeconds"),
    Setting::new(
        Operations,
        "log",
        One("LEVEL"),
        "The most detailed level of the log on stderr: error, warn, info, debug or trace",
        |s, text| put(&mut s.log, text.parse()),
        |s| s.log.as_str().to_string(),
    )
    .short("Log this level and above"),
    Setting::new(
        Operations,
        "log-format",
        One("text|json"),
        "The format of the log: `text`, or `json` for one JSON object per line",
        |s, text| put(&mut s.log_format, text.parse()),
        |s| s.log_format.as_str().to_string(),
    )
    .short("The form of log lines"),
    Setting::new(
        Operations,
        "audit-log",
        One("on|off"),
        "Log each change, each answer of the admin API that shows API keys, and wrong admin keys. These lines are written at every level of --log",
        |s, text| put(&mut s.audit_log, switch(text)),
        |s| if s.audit_log { "on" } else { "off" }.to_string(),
    ),
    Setting::new(
        Operations,
        "access-log",
        Switch,
        "Log each request when it is answered, and each stream when it closes. The lines contain no API keys and no contexts. They are written at every level of --log",
        |s, text| put(&mut s.access_log, switch(text)),
        |s| s.access_log.to_string(),
    )
    .short("Log each request"),
    Setting::new(
        Operations,
        "properties",
        Many("FILE"),
        "A property file of a FeatureHub server. If several files set the same property, the value in the last of these files applies",
        |s, text| {
            s.properties.push(text.to_string());
            Ok(())
        },
        |s| s.properties.join(" "),
    )
    .short("A file with settings")
    .default("the property files of FeatureHub's images, if they exist"),
    Setting::new(
        Operations,
        "admin-over-plain-http",
        Switch,
        "Serve the admin API to other machines over plain HTTP as well. Without this option, requests over plain HTTP from other machines get 403, unless a trusted proxy sends x-forwarded-proto: https",
        |s, text| {
            let transport =
                |is_any| if is_any { AdminTransport::Any } else { AdminTransport::Protected };
            put(&mut s.edge.admin_transport, switch(text).map(transport))
        },
        |s| (s.edge.admin_transport == AdminTransport::Any).to_string(),
    ),
    Setting::new(
        Operations,
        "shutdown-delay",
        One("SECONDS"),
        "The time between SIGTERM or Ctrl-C and the start of the graceful stop. During this time, readiness is answered with 503, so that load balancers stop sending requests before the stop begins",
        |s, text| put(&mut s.shutdown_delay, time(text)),
        |s| seconds_of(s.shutdown_delay),
    ),
];

fn put<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

/// Reads the text of a file of at most [`MOST_FILE_BYTES`].
fn read(file: &std::path::Path) -> Result<String, String> {
    let file_name = file.display();
    let read = fh_files::read(file, MOST_FILE_BYTES);
    let read = read.map_err(|error| format!("cannot read {file_name}: {error}"))?;
    let text = String::from_utf8(read.bytes)
        .map_err(|_| format!("cannot read {file_name}: the file is not UTF-8: save it as UTF-8"))?;
    match text.trim().is_empty() {
        true => Err(format!(
            "{file_name} is empty: write the secrets into it, or leave the setting out"
        )),
        false => Ok(text),
    }
}

fn admin_key(text: &str) -> Result<Option<AdminKey>, String> {
    match text.trim() {
        "" => Ok(None),
        key => AdminKey::new(key).map(Some).map_err(|why| why.to_string()),
    }
}

fn ip_address(text: &str) -> Result<IpAddr, String> {
    let text = text.trim();
    text.parse().map_err(|_| match text.parse::<SocketAddr>() {
        Ok(address) => format!(
            "write the address {} alone, and the port {} with --port or --monitor-port",
            address.ip(),
            address.port()
        ),
        Err(_) => "write an IP address, such as 127.0.0.1".to_string(),
    })
}

fn per_address(text: &str) -> Result<PerAddress, String> {
    if text.trim().is_empty() {
        return Ok(PerAddress::Quarter);
    }
    let most: usize = number(text, "1000")?;
    Ok(NonZeroUsize::new(most).map_or(PerAddress::Unlimited, PerAddress::Most))
}

fn compression(text: &str) -> Result<Compression, String> {
    match text.trim() {
        "gzip" => Ok(Compression::Gzip),
        "off" => Ok(Compression::Off),
        _ => Err("write gzip or off".to_string()),
    }
}

fn administration(text: &str) -> Result<Administration, String> {
    match text.trim() {
        "api" => Ok(Administration::WithApi),
        "monitor" => Ok(Administration::WithMonitoring),
        _ => Err("write api or monitor".to_string()),
    }
}

/// Parses a path prefix. The result is empty, or begins with `/` and does not end with `/`.
fn url_path(text: &str) -> Result<String, String> {
    let inner = text.trim().trim_matches('/');
    if inner.is_empty() {
        return Ok(String::new());
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    if !inner.chars().all(is_plain) || inner.contains("//") {
        return Err("write a path of letters, digits, - . _ and ~, such as /flags".to_string());
    }
    Ok(format!("/{inner}"))
}
