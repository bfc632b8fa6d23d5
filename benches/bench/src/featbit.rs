use featbit_server_sdk::{FbClient, FbOptions, FbUser};
use harness::workload::{User, Workload, render};
use harness::{All, Engine};

/// FeatBit's client, offline and without events.
pub struct FeatBit(FbClient);

impl Engine for FeatBit {
    type Context = FbUser;
    harness::by_key!();
    const NAME: &'static str = "featbit";
    const ALL: All = All::Also("featbit all_variations");

    fn render(workload: &Workload) -> Option<String> {
        Some(render::featbit::render(workload))
    }

    fn load(payload: String) -> Result<Self, String> {
        let options = FbOptions::builder("bench")
            .offline(true)
            .disable_events(true, false)
            .bootstrap_json(payload)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self(FbClient::with_options(options)))
    }

    fn context(&self, user: &User) -> FbUser {
        FbUser::builder(user.userkey.as_str())
            .custom("country", user.country)
            .custom("version", user.version_number.as_str())
            .custom("email", user.email.as_str())
            .custom("plan", user.plan)
            .build()
    }

    #[inline]
    fn is_on(&self, flag: &String, context: &FbUser) -> bool {
        self.0.bool_variation(flag, context, false)
    }

    fn all(&self, context: &FbUser) -> usize {
        self.0.all_variations(context).iter().filter(|detail| detail.value == "true").count()
    }
}
