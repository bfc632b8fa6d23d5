//! The events of a round: callers that hang up or never end, and a machine that changes.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use fh_test::wait::wait_until_async;
use futures::future::{join_all, pending};
use futures::stream::{StreamExt, once};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::condition::{Hardship, Http};
use super::server::{ADMIN, FEATURES, Trial};
use crate::serve::{ENVIRONMENT, KEY, WRITER};

/// A body of 1 MiB, the default limit, and the part of it that is sent.
const BODY: usize = 1 << 20;
const SENT: usize = BODY - 1000;
/// The longest time that callers send. A server without room does not read what they send.
const SENDING: Duration = Duration::from_secs(2);

impl Trial {
    /// Begins the hardship of a round. It ends when the value is dropped.
    pub(super) async fn begin_hardship(&mut self) -> Box<dyn Any> {
        self.counts.rounds += 1;
        let is_http2 = self.condition.http == Http::Two;
        match self.condition.hardship {
            Hardship::Calm | Hardship::ReadOnlyFolder => {}
            Hardship::FullDisk => {
                let filler = self.disk.as_ref().unwrap().fill();
                let value = self.counts.rounds.to_string().repeat(100_000);
                let mut features = (0..FEATURES).map(|n| format!("H{n}"));
                let mut feature = || features.next().expect("a refused change");
                while self.change(&feature(), value.as_str().into(), false).await.unwrap() {
                    self.counts.hung_up += 1;
                }
                return Box::new(filler);
            }
            Hardship::ClockSteps => {
                let step = if self.counts.rounds.is_multiple_of(2) { "-1d" } else { "+1d" };
                self.folder.write("clock", step, 1);
            }
            Hardship::IdleConnections => {
                let api = self.address();
                return Box::new(join_all((0..32).map(|n| connect(api, n))).await);
            }
            Hardship::HangUps if is_http2 => self.reset_streams().await,
            Hardship::HangUps => self.hang_up().await,
            Hardship::EndlessBodies if is_http2 => {
                let (api, clients) = (self.api.clone(), self.connections(3, 1 << 16));
                return callers(3 * 127, |n, sent| {
                    endless_stream(api.clone(), clients[n % 3].clone(), sent)
                })
                .await;
            }
            Hardship::EndlessBodies => {
                let api = self.address();
                return callers(280, |n, sent| endless_body(api, n, sent)).await;
            }
            Hardship::ClosedWindows => {
                let (api, clients) = (self.api.clone(), self.connections(10, 0));
                return callers(640, |n, sent| {
                    unread_poll(api.clone(), clients[n % 10].clone(), n, sent)
                })
                .await;
            }
        }
        Box::new(())
    }

    fn address(&self) -> SocketAddr {
        self.api.rsplit('/').next().unwrap().parse().unwrap()
    }

    /// Returns clients with one HTTP/2 connection each, and a window of this size.
    fn connections(&self, count: usize, window: u32) -> Vec<reqwest::Client> {
        let client = |n| {
            let client = self.http().local_address(IpAddr::from(source(n)));
            client.http2_initial_stream_window_size(window).build().unwrap()
        };
        (0..count).map(client).collect()
    }

    /// Sends each request up to each cut, and ends the connection with a reset or without. Each change is of a feature of its own.
    async fn hang_up(&self) {
        for n in 0..FEATURES {
            let value = format!("{{\"value\":\"v{}\"}}", self.counts.rounds);
            let (line, body) = match n % 8 {
                0..3 => (format!("PUT /features/{WRITER}/H{n}"), value.as_str()),
                3..5 => (format!("PATCH /admin/v1/features/{ENVIRONMENT}/H{n}"), value.as_str()),
                5 => ("POST /admin/v1/evaluate".to_string(), r#"{"environment":"dev"}"#),
                6 => ("POST /ofrep/v1/evaluate/flags".to_string(), r#"{"context":{}}"#),
                _ => (format!("GET /features/{KEY}"), ""),
            };
            let head = format!(
                "{line} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN}\r\nx-api-key: {KEY}\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\n\r\n",
                body.len()
            );
            let whole = head.len() + body.len();
            let cuts = [1, head.len() / 2, head.len() + body.len() / 2, whole, whole, whole];
            let mut stream = TcpStream::connect(self.address()).await.unwrap();
            stream.set_nodelay(true).unwrap();
            if n / 48 % 2 == 0 {
                stream.set_zero_linger().unwrap();
            }
            // The server may have closed the connection.
            let _ = stream.write_all(&(head + body).as_bytes()[..cuts[n / 8 % 6]]).await;
            let pause = Duration::from_millis([1, 1, 1, 0, 1, 2][n / 8 % 6]);
            let _ = timeout(pause, stream.read_u8()).await;
        }
    }

    /// Sends changes on HTTP/2, and resets their streams.
    async fn reset_streams(&self) {
        for n in 0..FEATURES {
            let (feature, value) = (format!("H{n}"), format!("v{}", self.counts.rounds));
            // The time passes, or the answer comes first.
            let pause = Duration::from_millis(n as u64 % 5);
            let _ = timeout(pause, self.change(&feature, value.into(), true)).await;
        }
    }

    async fn features(&self) -> Vec<serde_json::Value> {
        let path = format!("/admin/v1/features/{ENVIRONMENT}");
        let all = self.control(&path).await;
        let all: serde_json::Value = serde_json::from_str(&all).unwrap();
        all["features"].as_array().unwrap().clone()
    }

    /// Returns the value of N.
    pub(super) async fn value(&self) -> u64 {
        let features = self.features().await;
        features.iter().find(|feature| feature["key"] == "N").unwrap()["value"].as_u64().unwrap()
    }

    /// Counts the changes of this round by callers that hung up.
    pub(super) async fn count_hung_up(&mut self) {
        let value = format!("v{}", self.counts.rounds);
        let features = self.features().await;
        self.counts.hung_up +=
            features.iter().filter(|it| it["value"] == value.as_str()).count() as u64;
    }
}

/// Starts callers, and waits until they have sent all, at most for [`SENDING`]. They end when the value is dropped.
async fn callers<F: Future<Output = ()> + Send + 'static>(
    count: usize,
    caller: impl Fn(usize, Arc<AtomicUsize>) -> F,
) -> Box<dyn Any> {
    let (sent, mut all) = (Arc::<AtomicUsize>::default(), JoinSet::new());
    for n in 0..count {
        all.spawn(caller(n, Arc::clone(&sent)));
    }
    let all_sent = wait_until_async("all is sent", async || sent.load(Relaxed) == count);
    // The time may pass.
    let _ = timeout(SENDING, all_sent).await;
    Box::new(all)
}

/// Returns one of eight addresses, so that no limit of one address holds.
fn source(n: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 1, 1 + (n % 8) as u8)
}

async fn connect(to: SocketAddr, n: usize) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind(SocketAddr::from((source(n), 0))).ok()?;
    socket.connect(to).await.ok()
}

/// Sends a PUT or an OFREP request whose body lacks its end, and waits for the end of the connection.
async fn endless_body(api: SocketAddr, n: usize, sent: Arc<AtomicUsize>) {
    let Some(mut stream) = connect(api, n).await else { return };
    let line = match n % 3 {
        0 => format!("POST /ofrep/v1/evaluate/flags HTTP/1.1\r\nx-api-key: {KEY}"),
        1 => format!("PUT /features/{KEY}/N HTTP/1.1"),
        _ => format!("PUT /features/{WRITER}/N HTTP/1.1"),
    };
    let headers = "host: x\r\ncontent-type: application/json\r\ncontent-length:";
    let head = format!("{line}\r\n{headers} {BODY}\r\n\r\n");
    // The server may answer and close the connection.
    let _ = stream.write_all(&[head.as_bytes(), &[b' '; SENT]].concat()).await;
    sent.fetch_add(1, Relaxed);
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// Sends a PUT on HTTP/2 whose body lacks its end.
async fn endless_stream(api: String, client: reqwest::Client, sent: Arc<AtomicUsize>) {
    let begin = once(async { Ok::<_, std::io::Error>(vec![b' '; SENT]) });
    let rest = once(async move {
        sent.fetch_add(1, Relaxed);
        pending().await
    });
    let request = client.put(format!("{api}/features/{WRITER}/N"));
    let request = request.header("content-type", "application/json");
    let _ = request.body(reqwest::Body::wrap_stream(begin.chain(rest))).send().await;
}

/// Polls with a context of its own, and reads nothing of the answer's body.
async fn unread_poll(api: String, client: reqwest::Client, n: usize, sent: Arc<AtomicUsize>) {
    let request = client.get(format!("{api}/features?apiKey={ENVIRONMENT}/readerSecret4test1"));
    let _answer = request.header("x-featurehub", format!("userkey=user{n}")).send().await;
    sent.fetch_add(1, Relaxed);
    pending::<()>().await;
}
