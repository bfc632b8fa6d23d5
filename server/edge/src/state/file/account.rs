//! Reads the member `accounts` of a state file: API keys and their permissions.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use fh_files::Position;
use uuid::Uuid;

use super::environment::{Environments, Unnamed};
use super::feature::filters;
use super::keys::{KeyKind, Keys};
use super::names::check_name;
use super::options::ExtraAccount;
use super::part::{Part, Reading};
use super::problem::Path;
use crate::state::{Account, Environment, Permission, Permissions};

/// The accounts of a document, and the extra accounts that the options add.
#[derive(Default)]
pub(super) struct Accounts {
    pub(super) list: Vec<Account>,
    pub(super) keys: Keys,
    names: HashSet<Arc<str>>,
}

impl Accounts {
    /// Reads the accounts of a state file. Their permissions name environments of `environments`.
    pub(super) fn read(
        reading: &mut Reading<'_>,
        part: &Part,
        environments: &Environments,
    ) -> Self {
        let mut accounts = Self::default();
        for (place, part) in reading.list(part, "accounts").iter().enumerate() {
            accounts.read_one(reading, part, place, environments);
        }
        accounts
    }

    fn read_one(
        &mut self,
        reading: &mut Reading<'_>,
        part: &Part,
        place: usize,
        environments: &Environments,
    ) {
        let known = &["name", "clientKey", "serverKey", "filters", "permissions"];
        if !reading.map_of(part, "an account", known) {
            return;
        }
        let name = part.get("name");
        let name = name.map(|part| {
            let name = reading.text(&part, "a name").unwrap_or_default();
            check_name(reading, &part, "this name", name);
            name.to_owned()
        });
        let account = Account {
            name: name.unwrap_or_else(|| format!("account-{}", place + 1)).into(),
            client_keys: self.keys.read(reading, part.get("clientKey"), KeyKind::Client),
            server_keys: self.keys.read(reading, part.get("serverKey"), KeyKind::Server),
            filters: filters(reading, part.get("filters")),
            permissions: permissions(reading, part.get("permissions"), environments),
        };
        if part.get("clientKey").is_none() && part.get("serverKey").is_none() {
            reading.warn(
                part,
                "this account has no key, so no client can use it: add clientKey or serverKey",
            );
        }
        if part.get("permissions").is_none() {
            reading.warn(part, "this account has no permissions, so its keys read nothing: add `permissions: { ENVIRONMENT: [READ] }`");
        }
        self.add(reading, part, account);
    }

    /// Adds an account to the list. An account with the name of an earlier account is an error. The caller has already recorded the
    /// account's keys in `keys`.
    pub(super) fn add(&mut self, reading: &mut Reading<'_>, part: &Part, account: Account) {
        if !self.names.insert(Arc::clone(&account.name)) {
            reading.error(part, format!("there are two accounts with the name {}", account.name));
        }
        self.list.push(account);
    }

    /// Adds the extra accounts of the options, which are not in the document. Each account has its permissions in all of `environments`.
    pub(super) fn add_extra(
        &mut self,
        reading: &mut Reading<'_>,
        extra: &[ExtraAccount],
        environments: &[Environment],
    ) {
        for extra in extra {
            if !self.names.insert(Arc::clone(&extra.name)) {
                let what = format!("there are two accounts with the name {}", extra.name);
                let what = format!("account {}, from the options: {what}", extra.name);
                reading.error_at(Position::START, &Path::default(), what);
            }
            let client = extra.client_keys.iter().map(|key| (KeyKind::Client, key));
            let server = extra.server_keys.iter().map(|key| (KeyKind::Server, key));
            for (kind, key) in client.chain(server) {
                let taken = match kind.objection(key) {
                    Some(objection) => Err(objection.to_owned()),
                    None => self.keys.take(key, &format!("account {}", extra.name)),
                };
                if let Err(what) = taken {
                    let what = format!("account {}, from the options: {what}", extra.name);
                    reading.error_at(Position::START, &Path::default(), what);
                }
            }
            let each = environments.iter();
            self.list.push(Account {
                name: Arc::clone(&extra.name),
                client_keys: extra.client_keys.clone(),
                server_keys: extra.server_keys.clone(),
                filters: extra.filters.clone(),
                permissions: each.map(|each| (each.id, extra.permissions)).collect(),
            });
        }
    }
}

fn permissions(
    reading: &mut Reading<'_>,
    part: Option<Part>,
    environments: &Environments,
) -> BTreeMap<Uuid, Permissions> {
    let mut permissions = BTreeMap::new();
    let Some(part) = part else { return permissions };
    let Some(members) = part.members() else {
        let shown = part.shown();
        let what = format!(
            "permissions are a map by environment, not {shown}: write `ENVIRONMENT: [READ]`"
        );
        reading.error(&part, what);
        return permissions;
    };
    for member in members {
        let part = part.of(member);
        let granted = granted(reading, &part);
        let what = match environments.find(&member.name) {
            Ok(None) => continue,
            Ok(Some(id)) => match permissions.insert(id, granted) {
                None => continue,
                Some(_) => "this environment is listed twice, by name and by id".to_owned(),
            },
            Err(Unnamed::Several) => {
                "several environments have this name: use the id of the environment".to_owned()
            }
            Err(Unnamed::None) => {
                let meant = reading.choice(&member.name, "environments", environments.names());
                format!("there is no such environment{meant}")
            }
        };
        reading.error_at(member.position, &part.path, what);
    }
    permissions
}

/// Reads the name of one permission, or a list of such names. Null gives no permission, and any other name is an error.
fn granted(reading: &mut Reading<'_>, part: &Part) -> Permissions {
    let parts = if part.is_null() { Vec::new() } else { reading.one_or_several(part) };
    let named = parts.iter().filter_map(|part| {
        let permission = part.text().and_then(|text| text.parse::<Permission>().ok());
        if permission.is_none() {
            let names = Permission::ALL.map(Permission::as_str);
            let meant = part.text().map(|text| reading.suggestion(text, names)).unwrap_or_default();
            let what = format!(
                "{} is no permission; the permissions are {}{meant}",
                part.shown(),
                names.join(", ")
            );
            reading.error(part, what);
        }
        permission
    });
    named.collect()
}
