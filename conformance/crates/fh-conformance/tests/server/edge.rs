//! Our Edge on local ports. Scenarios can start it, change its state and stop it.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use fh_conformance::server::scenario::{Failure, Outcome, ServerLauncher, Setup, Subject};
use fh_conformance::server::wire::Base;
use fh_edge::listen::{ListenOptions, Listener, Stopped, raise_descriptor_limit, serve};
use fh_edge::state::State;
use fh_edge::{Edge, EdgeHandle, Options};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Time that streams have to send `bye`.
const GRACE: Duration = Duration::from_millis(200);

/// An Edge that runs until this value is dropped.
pub(crate) struct Running {
    pub(crate) base: Base,
    address: SocketAddr,
    options: Options,
    listening: ListenOptions,
    runtime: Runtime,
    serving: Mutex<Serving>,
}

struct Serving {
    handle: EdgeHandle,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<std::io::Result<Stopped>>,
}

impl Running {
    pub(crate) fn start(state: &Value, options: Options) -> Self {
        Self::with(Some(read(state)), options, ListenOptions::default())
    }

    pub(crate) fn with(state: Option<State>, options: Options, listening: ListenOptions) -> Self {
        // A thousand streams have both their ends in this process.
        raise_descriptor_limit().unwrap();
        let runtime = Runtime::new().unwrap();
        let anywhere = ([127, 0, 0, 1], 0).into();
        let (address, serving) =
            begin(&runtime, anywhere, state, options.clone(), listening.clone());
        let (base, serving) = (address.into(), Mutex::new(serving));
        Self { base, address, options, listening, runtime, serving }
    }
}

fn read(state: &Value) -> State {
    serde_json::from_value(state.clone()).unwrap()
}

fn begin(
    runtime: &Runtime,
    address: SocketAddr,
    state: Option<State>,
    options: Options,
    listening: ListenOptions,
) -> (SocketAddr, Serving) {
    let _inside = runtime.enter();
    let builder = Edge::builder().options(options);
    let edge = match state {
        Some(state) => builder.state(state).build().unwrap(),
        None => builder.build().unwrap(),
    };
    let listener = Listener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let handle = edge.handle();
    let asked = async move {
        // If the sender is dropped without a message, the Edge runs until its runtime ends.
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
        handle.say_bye(GRACE).await;
    };
    let served = runtime.spawn(serve([listener], edge.router(), listening, asked));
    (address, Serving { handle: edge.handle(), stop: Some(stop), served })
}

impl Subject for Running {
    fn base(&self) -> &Base {
        &self.base
    }

    fn serve(&self, state: &Value) -> Outcome {
        let handle = self.serving.lock().unwrap().handle.clone();
        self.runtime.block_on(handle.replace(read(state), None)).unwrap();
        Ok(())
    }

    fn stop(&self) -> Outcome {
        self.serving.lock().unwrap().stop.take().unwrap().send(()).unwrap();
        Ok(())
    }

    fn start_again(&self) -> Outcome {
        let mut serving = self.serving.lock().unwrap();
        let stopped = self.runtime.block_on(&mut serving.served).unwrap().unwrap();
        assert_eq!(stopped.cut, 0, "connections were cut");
        let state = self.runtime.block_on(serving.handle.state()).unwrap();
        let (options, listening) = (self.options.clone(), self.listening.clone());
        *serving = begin(&self.runtime, self.address, Some(state), options, listening).1;
        Ok(())
    }
}

/// Starts a new Edge for each scenario.
pub(crate) struct Ours;

impl ServerLauncher for Ours {
    fn start(&self, setup: &Setup) -> Result<Box<dyn Subject>, Failure> {
        let mut options = Options::default();
        options.drop_after = setup.drop_after.unwrap_or(options.drop_after);
        options.heartbeat = setup.heartbeat.unwrap_or(options.heartbeat);
        let mut listening = ListenOptions::default();
        listening.write_timeout = setup.write_timeout.or(listening.write_timeout);
        Ok(Box::new(Running::with(setup.state.as_ref().map(read), options, listening)))
    }
}
