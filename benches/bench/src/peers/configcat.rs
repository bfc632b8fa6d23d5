use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as Task, Poll, Waker};

use configcat::{Client, ConfigCache, PollingMode, User as ConfigCatUser};
use harness::workload::{User, Workload, render};
use harness::{All, Engine};

/// ConfigCat's client, offline. Its calls are async and take the user by value. Offline they never wait, so one poll
/// completes them. The payload is passed through its cache, which returns the text only once. Otherwise the client would
/// read, clone and compare it in every call.
pub struct ConfigCat(Client);

struct Once {
    entry: String,
    read: AtomicBool,
}

impl ConfigCache for Once {
    fn read(&self, _: &str) -> Option<String> {
        (!self.read.swap(true, Ordering::Relaxed)).then(|| self.entry.clone())
    }
    fn write(&self, _: &str, _: &str) {}
}

impl Engine for ConfigCat {
    type Context = ConfigCatUser;
    harness::by_key!();
    const NAME: &'static str = "configcat";
    const ALL: All = All::Also("configcat get_all_values");

    fn render(workload: &Workload) -> Option<String> {
        render::configcat::render(workload)
    }

    fn load(payload: String) -> Result<Self, String> {
        let entry = format!("1767225600000\netag\n{payload}");
        let client =
            Client::builder("configcat-sdk-1/bench-0123456789abcdef/bench-0123456789abcdef")
                .cache(Box::new(Once { entry, read: AtomicBool::new(false) }))
                .polling_mode(PollingMode::Manual)
                .offline(true)
                .build()
                .map_err(|error| error.to_string())?;
        // The first call makes the client read the cache.
        match poll(client.get_all_keys()).len() {
            0 => Err("the payload was not taken".to_owned()),
            _ => Ok(Self(client)),
        }
    }

    fn context(&self, user: &User) -> ConfigCatUser {
        ConfigCatUser::new(&user.userkey)
            .country(user.country)
            .email(&user.email)
            .custom("Version", user.version.as_str())
            .custom("Plan", user.plan)
    }

    #[inline]
    fn is_on(&self, flag: &String, context: &ConfigCatUser) -> bool {
        poll(self.0.get_value(flag, false, Some(context.clone())))
    }

    fn all(&self, context: &ConfigCatUser) -> usize {
        let values = poll(self.0.get_all_values(Some(context.clone())));
        values.values().filter(|value| value.as_bool() == Some(true)).count()
    }
}

#[inline]
fn poll<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Task::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("an offline client does not wait"),
    }
}
