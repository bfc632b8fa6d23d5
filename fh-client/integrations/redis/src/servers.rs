//! The choice of the Redis server: the server of the URL, the master that sentinels name, or the cluster node that holds the
//! keys.

use std::io;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use redis::{Connection, ConnectionAddr, ConnectionInfo, ErrorKind, RedisError, ServerErrorKind};

use crate::error::StoreError;

/// The default port of sentinels.
const SENTINEL_PORT: u16 = 26_379;
/// The maximum number of redirections in a row that the store follows without a pause. At a further redirection, the store
/// reports an error and pauses. While slots move between two cluster nodes, each node may redirect to the other.
const MOST_REDIRECTIONS: u32 = 5;

/// The servers that the program gives, as a URL or as a Redis client.
#[derive(Clone)]
pub(crate) enum Given {
    /// A single Redis server, or one node of a cluster.
    One(redis::Client),
    /// Sentinels, which know the master's address.
    Sentinels(Sentinels),
}

/// The sentinels of one Redis master, and the settings of connections to the master.
#[derive(Clone)]
pub(crate) struct Sentinels {
    sentinels: Vec<redis::Client>,
    /// The user and password of the sentinels, which `logged_in` sets in the clients of `sentinels`.
    login: Login,
    /// The name under which the sentinels know the master.
    name: String,
    /// The settings of connections to the master: user, password, database and TLS. The address is a placeholder. The store
    /// replaces it by the address that a sentinel returns.
    master: redis::Client,
}

/// The user and password of sentinels. The type has no `Debug`, because it holds a password.
#[derive(Clone, Default)]
pub(crate) struct Login {
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
}

impl Login {
    /// Splits the query of a sentinel URL into the login of the sentinels, and the remaining query for the master's URL.
    fn taken_from(query: &str) -> Result<(Self, String), StoreError> {
        let mut login = Self::default();
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let target = match name {
                "sentinel_username" => &mut login.username,
                "sentinel_password" => &mut login.password,
                _ => {
                    others.push(pair);
                    continue;
                }
            };
            let value = percent_decode_str(value).decode_utf8().map_err(|_| StoreError::Url)?;
            *target = (!value.is_empty()).then(|| value.into_owned());
        }
        Ok((login, others.join("&")))
    }

    fn used_with(&self, sentinel: &redis::Client) -> Result<redis::Client, StoreError> {
        let info = sentinel.get_connection_info();
        let mut settings = info.redis_settings().clone();
        match (&self.username, &self.password) {
            (Some(_), None) => return Err(StoreError::NoSentinelPassword),
            (username, Some(password)) => {
                settings = settings.set_password(password);
                if let Some(username) = username {
                    settings = settings.set_username(username);
                }
            }
            (None, None) => {}
        }
        redis::Client::open(info.clone().set_redis_settings(settings)).map_err(|_| StoreError::Url)
    }
}

impl Given {
    /// Sets the user and password of the sentinels. A user or password that `login` lacks comes from the URL. Fails if there is a
    /// login but no sentinel, or a user without a password.
    pub(crate) fn logged_in(self, login: Login) -> Result<Self, StoreError> {
        match self {
            Self::One(_) if login.username.is_some() || login.password.is_some() => {
                Err(StoreError::WithoutSentinels)
            }
            Self::One(_) => Ok(self),
            Self::Sentinels(mut all) => {
                all.login.username = login.username.or(all.login.username);
                all.login.password = login.password.or(all.login.password);
                let logged_in = all.sentinels.iter().map(|sentinel| all.login.used_with(sentinel));
                all.sentinels = logged_in.collect::<Result<_, _>>()?;
                Ok(Self::Sentinels(all))
            }
        }
    }

    /// Parses a URL. For example, `redis://` names a server, and `redis-sentinel://` names sentinels. `rediss://` and `rediss-sentinel://`
    /// use TLS.
    pub(crate) fn of_url(url: &str) -> Result<Self, StoreError> {
        match url.split_once("-sentinel://") {
            Some((scheme @ ("redis" | "rediss"), rest)) => {
                Sentinels::of_url(scheme, rest).map(Self::Sentinels)
            }
            _ if has_several_hosts(url) => Err(StoreError::SeveralServers),
            _ if names_a_login(url) => Err(StoreError::WithoutSentinels),
            _ => client(url).map(Self::One),
        }
    }

    /// Replaces each Redis client by the result of `change`. Returns the error of the first client that cannot be changed.
    pub(crate) fn try_map(
        self,
        change: impl Fn(redis::Client) -> Result<redis::Client, StoreError>,
    ) -> Result<Self, StoreError> {
        Ok(match self {
            Self::One(server) => Self::One(change(server)?),
            Self::Sentinels(all) => Self::Sentinels(Sentinels {
                sentinels: all.sentinels.into_iter().map(&change).collect::<Result<_, _>>()?,
                login: all.login,
                name: all.name,
                master: change(all.master)?,
            }),
        })
    }

    /// Returns the host and port of the server, or the path of a Unix socket; for sentinels, the name of the master and the
    /// addresses of the sentinels. The text contains no passwords.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::One(server) => server.get_connection_info().addr().to_string(),
            Self::Sentinels(Sentinels { sentinels, name, .. }) => {
                let all: Vec<String> = sentinels
                    .iter()
                    .map(|sentinel| sentinel.get_connection_info().addr().to_string())
                    .collect();
                format!("the master {name} of the sentinels {}", all.join(", "))
            }
        }
    }

    /// Returns the settings of connections to the server that holds the features' keys.
    fn settings(&self) -> &ConnectionInfo {
        match self {
            Self::One(server) => server.get_connection_info(),
            Self::Sentinels(all) => all.master.get_connection_info(),
        }
    }

    /// Returns the passwords of the server and of the sentinels, which must not appear in errors.
    pub(crate) fn passwords(&self) -> impl Iterator<Item = &str> {
        let sentinels = match self {
            Self::One(_) => None,
            Self::Sentinels(all) => all.login.password.as_deref(),
        };
        let all = self.settings().redis_settings().password().into_iter().chain(sentinels);
        all.filter(|password| !password.is_empty())
    }
}

impl Sentinels {
    /// Parses the part of a sentinel URL after its scheme:
    /// `[user:password@]host[:port][,host[:port]...][/database][?query]#NAME`.
    fn of_url(scheme: &str, rest: &str) -> Result<Self, StoreError> {
        let (rest, name) = rest.split_once('#').unwrap_or((rest, ""));
        if name.is_empty() {
            return Err(StoreError::NoMasterName);
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (login, query) = Login::taken_from(query)?;
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, hosts) = match authority.rsplit_once('@') {
            Some((credentials, hosts)) => (format!("{credentials}@"), hosts),
            None => (String::new(), authority),
        };
        let sentinels = hosts.split(',').map(|host| {
            let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
            match has_port {
                true => client(&format!("{scheme}://{host}")),
                false => client(&format!("{scheme}://{host}:{SENTINEL_PORT}")),
            }
        });
        Ok(Self {
            sentinels: sentinels.collect::<Result<_, _>>()?,
            login,
            name: name.to_string(),
            master: client(&format!("{scheme}://{credentials}master.invalid/{database}?{query}"))?,
        })
    }

    /// Requests the master's address from each sentinel in turn, until one returns the address. Returns a Redis client for the master at
    /// this address. Fails if no sentinel returns an address, or if the address cannot be used.
    fn find(&self, timeout: Duration) -> Result<redis::Client, RedisError> {
        let mut trouble = None;
        for sentinel in &self.sentinels {
            match self.ask(sentinel, timeout) {
                Ok(Some((host, port))) => {
                    return at(self.master.get_connection_info(), host, port);
                }
                Ok(None) => {}
                Err(error) => trouble = Some(with_address(sentinel, error)),
            }
        }
        Err(trouble.unwrap_or_else(|| {
            io::Error::other(format!("no sentinel knows a master called {:?}", self.name)).into()
        }))
    }

    fn ask(
        &self,
        sentinel: &redis::Client,
        timeout: Duration,
    ) -> Result<Option<(String, u16)>, RedisError> {
        let mut connection = open(sentinel, timeout)?;
        let mut command = redis::cmd("SENTINEL");
        command.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.name);
        command.query(&mut connection)
    }
}

/// Adds the sentinel's address to the sentinel's error. The text of the error is left out, because a sentinel may repeat the
/// command that it received, including a password. An I/O error is returned unchanged.
fn with_address(sentinel: &redis::Client, error: RedisError) -> RedisError {
    if error.is_io_error() {
        return error;
    }
    let address = sentinel.get_connection_info().addr();
    let why = match (error.kind(), error.code()) {
        (ErrorKind::AuthenticationFailed, _) | (_, Some("NOAUTH" | "WRONGPASS" | "NOPERM")) => {
            "the user or password is refused (sentinel_username, sentinel_password)"
        }
        _ => error.category(),
    };
    io::Error::other(format!("the sentinel {address}: {why}")).into()
}

/// The Redis servers that the store knows, and the choice of the server in use.
pub(crate) struct Servers {
    given: Given,
    /// The cluster node that the last redirection named; `None` while the server that the program gave is in use.
    moved: Option<redis::Client>,
    /// The number of redirections in a row. [`Self::is_right`] and a redirection that is not followed set the number to 0.
    redirections: u32,
    timeout: Duration,
}

impl Servers {
    pub(crate) const fn new(given: Given, timeout: Duration) -> Self {
        Self { given, moved: None, redirections: 0, timeout }
    }

    pub(crate) const fn given(&self) -> &Given {
        &self.given
    }

    /// Connects to the server in use. If a cluster node cannot be reached, this call fails, and the next call connects to the
    /// server that the program gave.
    pub(crate) fn connect(&mut self) -> Result<Connection, RedisError> {
        let node = self.moved.take();
        let connection = match (&node, &self.given) {
            (Some(node), _) => open(node, self.timeout)?,
            (None, Given::One(server)) => open(server, self.timeout)?,
            (None, Given::Sentinels(all)) => open(&all.find(self.timeout)?, self.timeout)?,
        };
        self.moved = node;
        Ok(connection)
    }

    /// Resets the count of redirections. The worker calls this function when the server in use has not redirected the first commands on a
    /// connection.
    pub(crate) const fn is_right(&mut self) {
        self.redirections = 0;
    }

    /// Follows a redirection (`MOVED`): from now on, the cluster node that the error names is the server in use. Returns
    /// false if the error is not a redirection. Also returns false if the address cannot be used, or after more than 5
    /// redirections in a row; in these two cases, the server that the program gave is in use again.
    pub(crate) fn follow(&mut self, error: &RedisError) -> bool {
        // The error of a pipeline may contain the errors of several commands.
        let errors = error.clone().into_server_errors();
        let mut errors = errors.iter().flat_map(|all| all.iter());
        let moved = errors.find(|(_, error)| error.kind() == Some(ServerErrorKind::Moved));
        let Some((_, moved)) = moved else { return false };
        let node = moved.details().and_then(|details| {
            // The details consist of a slot and an address.
            let (host, port) = details.split_ascii_whitespace().nth(1)?.rsplit_once(':')?;
            let settings = self.given.settings();
            // An empty host means that the node does not know its own host. The host of the given server is used in that case.
            let host = match host {
                "" => host_of(settings.addr())?,
                host => host.trim_matches(['[', ']']).to_string(),
            };
            at(settings, host, port.parse().ok()?).ok()
        });
        self.redirections += 1;
        if self.redirections > MOST_REDIRECTIONS || node.is_none() {
            self.redirections = 0;
            self.moved = None;
            return false;
        }
        self.moved = node;
        true
    }
}

/// Returns a Redis client with these settings for the server at this host and port.
fn at(settings: &ConnectionInfo, host: String, port: u16) -> Result<redis::Client, RedisError> {
    let address = match settings.addr().clone() {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
            ConnectionAddr::TcpTls { host, port, insecure, tls_params }
        }
        _ => ConnectionAddr::Tcp(host, port),
    };
    redis::Client::open(settings.clone().set_addr(address))
}

fn host_of(address: &ConnectionAddr) -> Option<String> {
    match address {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => Some(host.clone()),
        _ => None,
    }
}

fn open(server: &redis::Client, timeout: Duration) -> Result<Connection, RedisError> {
    let connection = server.get_connection_with_timeout(timeout)?;
    connection.set_read_timeout(Some(timeout))?;
    connection.set_write_timeout(Some(timeout))?;
    Ok(connection)
}

/// Returns a Redis client for one server. Fails if the URL requests that any certificate is accepted. The reason of an error is dropped,
/// because it could contain the URL.
fn client(url: &str) -> Result<redis::Client, StoreError> {
    let client = redis::Client::open(url).map_err(|_| StoreError::Url)?;
    match client.get_connection_info().addr() {
        ConnectionAddr::TcpTls { insecure: true, .. } => Err(StoreError::Insecure),
        _ => Ok(client),
    }
}

/// Returns true if the URL has several hosts, as in `redis://a,b`. Some programs name the nodes of a cluster in this form.
fn has_several_hosts(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let hosts = authority.rsplit('@').next().unwrap_or(authority);
    !scheme.contains("unix") && hosts.contains(',')
}

/// Returns true if the URL's query contains a parameter for sentinels, such as `sentinel_password`.
fn names_a_login(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| pair.starts_with("sentinel_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_sentinels() {
        let url = "redis-sentinel://me:pass%20word@a,b:7,[::1],[::2]:8/3#primary";
        let Ok(Given::Sentinels(all)) = Given::of_url(url) else { panic!() };
        let address = |client: &redis::Client| client.get_connection_info().addr().to_string();
        let addresses: Vec<String> = all.sentinels.iter().map(address).collect();
        assert_eq!(addresses, ["a:26379", "b:7", "::1:26379", "::2:8"]);
        assert_eq!(all.name, "primary");
        let master = all.master.get_connection_info().redis_settings();
        assert_eq!(
            (master.username(), master.password(), master.db()),
            (Some("me"), Some("pass word"), 3)
        );
        // The password of the master is not sent to the sentinels.
        let sentinel = all.sentinels[0].get_connection_info().redis_settings();
        assert_eq!((sentinel.username(), sentinel.password()), (None, None));
        let address = Given::Sentinels(all).address();
        assert!(
            address.starts_with("the master primary of the sentinels a:26379,")
                && !address.contains("pass")
        );
    }

    #[test]
    fn sentinels_may_have_a_user_and_password_of_their_own() {
        let url = "redis-sentinel://me:hush@a,b/3\
                   ?sentinel_username=watcher&protocol=resp3&sentinel_password=p%40ss%2Fw+rd#primary";
        let login = |given: Given| {
            let Ok(Given::Sentinels(all)) = given.logged_in(Login::default()) else { panic!() };
            let master = all.master.get_connection_info().redis_settings().clone();
            assert_eq!((master.username(), master.password()), (Some("me"), Some("hush")));
            assert_eq!((master.db(), master.protocol()), (3, redis::ProtocolVersion::RESP3));
            let logins = all.sentinels.iter().map(|sentinel| {
                let settings = sentinel.get_connection_info().redis_settings();
                [settings.username(), settings.password()].map(|text| text.map(str::to_string))
            });
            logins.collect::<Vec<_>>()
        };
        let text = |text: &str| Some(text.to_string());
        let given = Given::of_url(url).unwrap_or_else(|why| panic!("{why}"));
        let secrets: Vec<String> = given.passwords().map(str::to_string).collect();
        assert_eq!(secrets, ["hush", "p@ss/w+rd"]);
        assert_eq!(login(given.clone()), vec![[text("watcher"), text("p@ss/w+rd")]; 2]);
        // Settings of the program take precedence over the URL.
        let set = given.logged_in(Login { username: None, password: text("other") });
        let set = set.unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(login(set), vec![[text("watcher"), text("other")]; 2]);
    }

    #[test]
    fn urls_that_cannot_be_used() {
        let refused = |url: &str| match Given::of_url(url) {
            Err(error) => error.to_string(),
            Ok(given) => panic!("{}", given.address()),
        };
        assert!(refused("redis-sentinel://a,b/0").contains("#NAME"));
        assert!(refused("redis-sentinel://a:port#x").contains("redis-sentinel://"));
        assert!(refused("redis+sentinel://a/x").contains("redis-sentinel://"));
        assert!(refused("redis://me:pass,word@a:1,b:2/0").contains("one node"));
        assert!(Given::of_url("redis://me:pass,word@a:1/0").is_ok());
        let logged_in = |url: &str, username: Option<&str>, password: Option<&str>| {
            let login = Login {
                username: username.map(str::to_string),
                password: password.map(str::to_string),
            };
            Given::of_url(url)
                .and_then(|given| given.logged_in(login))
                .err()
                .map(|why| why.to_string())
        };
        let alone = logged_in("redis-sentinel://a?sentinel_username=me#x", None, None).unwrap();
        assert!(alone.contains("sentinel_password"), "{alone}");
        let nowhere = logged_in("redis://a", None, Some("hush")).unwrap();
        assert!(nowhere.contains("redis-sentinel://") && !nowhere.contains("hush"), "{nowhere}");
        assert_eq!(logged_in("redis-sentinel://a#x", Some("me"), Some("hush")), None);
        assert!(refused("redis://a?sentinel_password=hush").contains("redis-sentinel://"));
    }
}
