//! The connection to the database, on a thread of its own. It is opened again for ever. The writer thread uses it for commits, and is asked
//! to read after each notification of another server, and once a second for those that were lost.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant as Moment, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_postgres::{AsyncMessage, Client, SimpleQueryMessage};

use super::options::{ClusterOptions, sentence};
use super::proof::Proof;
use super::schema::Statements;

/// The interval at which the writer reads also without a notification.
const TICK: Duration = Duration::from_secs(1);
/// The shortest time between two queries for requests with unknown keys.
const PACE: Duration = Duration::from_millis(100);
/// The longest time for opening a connection.
const OPENING: Duration = Duration::from_secs(10);
/// The first and the longest pause between two attempts to connect.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// The connection, as the writer thread sees it.
pub(super) struct Link {
    runtime: Handle,
    client: watch::Sender<Option<Arc<Client>>>,
    /// The time since which there is no connection, and the error of the last attempt to connect.
    down: Mutex<(Instant, String)>,
    /// True while a request to read waits for the writer.
    is_asked: AtomicBool,
    pub(super) proof: Arc<Proof>,
}

/// A handle to the thread. Dropping it ends the thread without waiting for it.
#[derive(Debug)]
pub(crate) struct LinkThread {
    _end: oneshot::Sender<()>,
}

impl Link {
    /// Prepares the connection. The thread runs until its handle and the sender of `store_gone` are dropped.
    pub(super) fn prepare(
        options: ClusterOptions,
        store_gone: oneshot::Receiver<()>,
    ) -> io::Result<(Arc<Self>, Starting)> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let link = Arc::new(Self {
            runtime: runtime.handle().clone(),
            client: watch::Sender::new(None),
            down: Mutex::new((Instant::now(), "the server has just started".into())),
            is_asked: AtomicBool::new(false),
            proof: Arc::default(),
        });
        let runtime = Background(Some(runtime));
        let starting = Starting { runtime, link: Arc::clone(&link), options, store_gone };
        Ok((link, starting))
    }

    /// Runs work on the connection and waits for it.
    pub(super) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Returns the connection. If there is none, waits until this time since the last one ended.
    pub(super) async fn client(&self, patience: Duration) -> Result<Arc<Client>, String> {
        let mut client = self.client.subscribe();
        let left = patience.saturating_sub(self.down().0.elapsed());
        match timeout(left, client.wait_for(Option::is_some)).await {
            Ok(Ok(client)) => client.clone().ok_or_else(|| self.why()),
            _ => Err(self.why()),
        }
    }

    /// Returns the reason why there is no connection.
    fn why(&self) -> String {
        self.down().1.clone()
    }

    fn down(&self) -> std::sync::MutexGuard<'_, (Instant, String)> {
        self.down.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns true if there is a connection.
    pub(super) fn is_connected(&self) -> bool {
        self.client.borrow().is_some()
    }

    /// Closes a connection that did not answer in time, or whose transaction may have failed.
    pub(super) fn give_up(&self, broken: &Arc<Client>, why: &str) {
        self.client.send_if_modified(|client| {
            let is_it = client.as_ref().is_some_and(|client| Arc::ptr_eq(client, broken));
            if is_it {
                *client = None;
                *self.down() = (Instant::now(), why.to_owned());
            }
            is_it
        });
    }

    /// Notes that the writer begins to read, so that later notifications ask it again.
    pub(super) fn reads(&self) {
        self.is_asked.store(false, Ordering::Release);
    }
}

/// A link whose thread is not started yet.
pub(super) struct Starting {
    runtime: Background,
    link: Arc<Link>,
    options: ClusterOptions,
    store_gone: oneshot::Receiver<()>,
}

/// A runtime that shuts down in the background, because dropping an ordinary runtime inside an asynchronous context panics.
struct Background(Option<Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Starting {
    /// Starts the thread. `refresh` asks the writer thread to read; it does not block.
    pub(super) fn run(self, refresh: impl Fn() + Send + Sync + 'static) -> io::Result<LinkThread> {
        let (end, ended) = oneshot::channel::<()>();
        let Self { runtime, link, options, store_gone } = self;
        let refresh = {
            let link = Arc::clone(&link);
            move || {
                if !link.is_asked.swap(true, Ordering::AcqRel) {
                    refresh();
                }
            }
        };
        let run = move || {
            let Some(driven) = &runtime.0 else { return };
            driven.block_on(async {
                tokio::select! {
                    _ = ended => {}
                    () = connections(&link, &options, &refresh) => {}
                    () = ticks(&refresh) => {}
                    () = proofs(&link, &refresh) => {}
                }
                link.client.send_replace(None);
                // The writer thread ends once nothing sends commands to it.
                drop(refresh);
                let _ = store_gone.await;
            });
        };
        thread::Builder::new().name("fh-edge-cluster".into()).spawn(run)?;
        Ok(LinkThread { _end: end })
    }
}

async fn ticks(refresh: &impl Fn()) {
    // A server begins to read when its connection opens. If it does not open soon, the first tick reports that.
    let mut ticks = interval_at(Moment::now() + TICK, TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        refresh();
    }
}

async fn proofs(link: &Link, refresh: &impl Fn()) {
    loop {
        link.proof.wanted().await;
        refresh();
        sleep(PACE).await;
    }
}

/// Opens one connection after the other.
async fn connections(link: &Link, options: &ClusterOptions, refresh: &impl Fn()) {
    let listen = Statements::of(&options.schema).listen;
    let mut pause = PAUSES.0;
    loop {
        let begin = Instant::now();
        let why = connection(link, options, &listen, refresh).await;
        tracing::debug!(%why, "the connection to the database of the cluster has ended");
        {
            let mut down = link.down();
            let since = if link.is_connected() { Instant::now() } else { down.0 };
            *down = (since, why);
        }
        link.client.send_replace(None);
        pause = match begin.elapsed() > PAUSES.1 {
            true => PAUSES.0,
            false => (pause * 2).min(PAUSES.1),
        };
        // The low bits of the clock spread the servers, which all lost the same database.
        let jitter = f64::from(begin.elapsed().subsec_nanos() % 1_000) / 2_000.0;
        sleep(pause.mul_f64(0.75 + jitter)).await;
    }
}

/// Opens a connection and drives it until it ends. Returns the reason.
async fn connection(
    link: &Link,
    options: &ClusterOptions,
    listen: &str,
    refresh: &impl Fn(),
) -> String {
    let opened = timeout(OPENING, options.connect()).await;
    let (client, mut connection) = match opened {
        Ok(Ok(opened)) => opened,
        Ok(Err(why)) => return why,
        Err(_) => return format!("no connection within {} s", OPENING.as_secs()),
    };
    let own = AtomicI32::new(0);
    let drive = async {
        loop {
            match poll_fn(|task| connection.poll_message(task)).await {
                // The writer holds the commits of this connection.
                Some(Ok(AsyncMessage::Notification(news)))
                    if news.process_id() == own.load(Ordering::Relaxed) => {}
                Some(Ok(AsyncMessage::Notification(_))) => refresh(),
                Some(Ok(_)) => {}
                Some(Err(why)) => return sentence(&why),
                None => return "the database has closed the connection".to_owned(),
            }
        }
    };
    let mut drive = pin!(drive);
    tokio::select! {
        why = &mut drive => return why,
        listening = timeout(OPENING, client.simple_query(listen)) => match listening {
            Ok(Ok(answer)) => own.store(process(&answer), Ordering::Relaxed),
            Ok(Err(why)) => return sentence(&why),
            Err(_) => return "the database does not answer".to_owned(),
        },
    }
    let mut given_up = link.client.subscribe();
    link.client.send_replace(Some(Arc::new(client)));
    refresh();
    tokio::select! {
        why = &mut drive => why,
        _ = given_up.wait_for(Option::is_none) => link.why(),
    }
}

/// Returns the number of the connection's process in the answer to `LISTEN`; 0, which no process has, if there is none.
fn process(answer: &[SimpleQueryMessage]) -> i32 {
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    row.and_then(|number| number.parse().ok()).unwrap_or_default()
}
