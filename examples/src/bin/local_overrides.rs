//! Overrides for development: values from a YAML file on this machine take precedence over the Edge's, except for locked
//! features.
//!
//! The file is named by `FEATUREHUB_LOCAL_YAML`, otherwise it is `featurehub-features.yaml` in the working directory. It is read
//! again when it changes. End the program with Ctrl-C, or give it a number of changes to wait for.

use std::env;
use std::sync::mpsc::channel;
use std::time::Duration;

use fh_client::overrides::{WATCH_INTERVAL, YamlOverrides, usual_yaml_path};
use fh_client::{Client, LockPolicy};

fn show(client: &Client) {
    for feature in client.values() {
        let value = feature.value.map_or_else(|| "-".to_string(), |value| value.to_string());
        let by = feature.interceptor.map_or_else(String::new, |name| format!("  (by {name})"));
        println!("{:<14} {value}{by}", feature.key);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let changes: usize = env::args().nth(1).map_or(Ok(usize::MAX), |count| count.parse())?;
    let overrides = YamlOverrides::open_usual();
    if let Some(problem) = overrides.problem() {
        println!("overriding nothing: {problem}");
    }
    let (builder, _edge) = fh_examples::client();
    // Locked features are not overridden.
    let client = builder.interceptor(overrides.clone(), LockPolicy::Respect).start()?;
    client.wait_ready(Duration::from_secs(10))?;
    show(&client);

    let (changed, news) = channel();
    let weak = client.downgrade();
    let _watch = overrides.watch(WATCH_INTERVAL, move || {
        // Listeners compare again, as after an update.
        if let Some(client) = weak.upgrade() {
            client.overrides_changed();
        }
        // The receiver is gone once the program ends.
        let _ = changed.send(());
    });
    println!("following {}", usual_yaml_path().display());
    for () in news.iter().take(changes) {
        println!("the file has changed");
        show(&client);
    }
    Ok(())
}
