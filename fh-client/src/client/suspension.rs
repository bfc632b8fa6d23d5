//! Client functions that suspend and resume the requests of a client.

use super::Client;
use crate::command::Command;

/// Functions that suspend a client, for example while an app is in the background or a machine sleeps, and resume it.
impl Client {
    /// Suspends the client in the background, and returns at once. The request in flight is aborted, also a stream. A poll for
    /// which a command of the program waits goes on. The client keeps its features and its readiness, and reads cause no
    /// requests. Until [`Self::resume`], each refresh, context, replacement of API keys or replacement of headers sends one
    /// poll, and the client sends no other request for features. The status shows
    /// [`Connection::Suspended`](crate::Connection::Suspended), unless the client is offline, closed, done or stopped by the
    /// Edge. Has no effect if the client is suspended or closed.
    ///
    /// A client in a forked child process ([`Self::after_fork`]) and the clients that [`Self::isolated`] returns are not
    /// suspended.
    ///
    /// ```
    /// # use fh_client::testing::MemoryEdge;
    /// use fh_client::Connection;
    /// # fh_client::block_on(async {
    /// # let edge = MemoryEdge::new();
    /// # edge.set("CHECKOUT", true);
    /// # let client = edge.client().start()?;
    /// client.ready().await?;
    /// client.suspend();
    /// client.status_when(|status| status.connection == Connection::Suspended).await?;
    /// assert!(client.is_ready() && client.is_enabled("CHECKOUT"));
    /// client.resume();
    /// client.status_when(|status| status.connection == Connection::Streaming).await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn suspend(&self) {
        self.shared.send(Command::Suspend);
    }

    /// Ends the suspension in the background, and returns at once. A streaming client opens a new stream, and a polling client
    /// polls if its interval has passed meanwhile. With passive polling, the next read may send a request again. A delay that a
    /// failure, a refusal or the Edge caused before still applies, and so does the limit of the request rate
    /// ([`Config::pace`](crate::Config::pace)). Has no effect if the client is not suspended.
    pub fn resume(&self) {
        self.shared.send(Command::Resume);
    }
}
