//! A batch job. It fetches the features once, and works from one state of all features. If `FEATURES_FILE` names a snapshot
//! file, the job can start with the last known state while the Edge is unreachable.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use fh_client::NotReady;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (builder, _edge) = fh_examples::client();
    let builder = match env::var_os("FEATURES_FILE") {
        Some(file) => builder.once().snapshot_file(PathBuf::from(file)),
        None => builder.once(),
    };
    let client = builder.start()?;
    match client.wait_ready(Duration::from_secs(10)) {
        Ok(()) => {}
        // The client has no features, so the job runs with defaults.
        Err(why @ NotReady::TimedOut(_)) => eprintln!("going on without the Edge: {why}"),
        Err(why) => return Err(why.into()),
    }
    println!("{}", client.status());

    // The whole run uses one state, even if features change meanwhile.
    let features = client.snapshot();
    let size = features.number_or("PAGE_SIZE", 10.0);
    let mut new = 0;
    for number in 0..1_000 {
        let attributes = client.context().user_key(format!("customer-{number}")).build();
        if features.of(attributes.attributes()).is_enabled("NEW_CHECKOUT") {
            new += 1;
        }
    }
    println!("{new} of 1000 customers get the new checkout, {size} items a page");
    // `close` returns at once. Wait until the snapshot file is written.
    client.close();
    fh_client::block_on(client.closed());
    Ok(())
}
