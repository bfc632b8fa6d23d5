//! Tests that errors in the accounts of a state file, and of the options, are reported with their place.

use fh_edge::state::file::ExtraAccount;
use fh_edge::state::{Permission, ServiceKey, State};

use super::{check, environment_id, options};

#[test]
fn accounts_are_checked() {
    check(
        "
environments: [{name: dev}, {name: prod}, {name: a, id: '${ENVIRONMENT}'}, {name: a, id: 81ed3c04-122b-4312-9ea8-06b2b8d6ceac}]
accounts:
- name: x
  clientKey: ['${SDK}', a*b, nostar]
  serverKey: [a*c, '${SERVER}', '${NOPE}', '${EMPTY}', '${SPACE}', env/key, 5]
  permissions: {div: READ, dev: [READ, WRITE], a: READ, 81ed3c04-122b-4312-9ea8-06b2b8d6ceac: [READ], xyz: []}
- {name: x, serverKey: '${SERVER}', permissions: [READ]}
- {name: y, permission: {}}
- {name: z, clientKey: k*y, permissions: {71ed3c04-122b-4312-9ea8-06b2b8d6ceac: READ, 71ED3C04-122b-4312-9ea8-06b2b8d6ceac: READ}}
",
        &[
            "line 5, column 30, accounts[0].clientKey[2]: a client key contains a `*`; a key without a `*` is a serverKey",
            "line 6, column 15, accounts[0].serverKey[0]: a server key contains no `*`; a key with a `*` is a clientKey",
            "line 6, column 33, accounts[0].serverKey[2]: the variable NOPE has no value",
            "line 6, column 44, accounts[0].serverKey[3]: a key is empty",
            "line 6, column 56, accounts[0].serverKey[4]: a key contains a character that is not allowed in URLs",
            "line 6, column 68, accounts[0].serverKey[5]: an API key is environment/key: in a state file, write only the part after the last /",
            "line 6, column 77, accounts[0].serverKey[6]: a key is a text: put it in quotes, as in \"5\"",
            "line 7, column 17, accounts[0].permissions.div: there is no such environment; did you mean dev?",
            "line 7, column 40, accounts[0].permissions.dev[1]: \"WRITE\" is no permission; the permissions are READ, LOCK, UNLOCK, CHANGE_VALUE, EXTENDED_DATA",
            "line 7, column 48, accounts[0].permissions.a: several environments have this name: use the id of the environment",
            "line 7, column 103, accounts[0].permissions.xyz: there is no such environment; the environments are a, dev, prod",
            "line 8, column 3, accounts[1]: there are two accounts with the name x",
            "line 8, column 24, accounts[1].serverKey: accounts[0].serverKey[1] has the same key: a key can be used only once",
            "line 8, column 50, accounts[1].permissions: permissions are a map by environment, not a list: write `ENVIRONMENT: [READ]`",
            "line 9, column 13, accounts[2].permission: \"permission\" is not known in an account; did you mean permissions?",
            "line 10, column 87, accounts[3].permissions.71ED3C04-122b-4312-9ea8-06b2b8d6ceac: this environment is listed twice, by name and by id",
        ],
    );
    check(
        "accounts: [{name: x}]",
        &[
            "warning: line 1, column 12, accounts[0]: this account has no key, so no client can use it: add clientKey or serverKey",
            "warning: line 1, column 12, accounts[0]: this account has no permissions, so its keys read nothing: add `permissions: { ENVIRONMENT: [READ] }`",
        ],
    );
    // The account may refer to the environment that is not valid.
    check(
        "environments: [{name: dev, id: x}]\naccounts: [{name: x, clientKey: a*b, permissions: {dev: READ}}]",
        &[
            "line 1, column 32, environments[0].id: the id of an environment is a UUID, not \"x\": write one such as 5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0, or leave the id out",
        ],
    );
}

fn key(text: &str) -> ServiceKey {
    ServiceKey::new(text).unwrap()
}

#[test]
fn accounts_can_be_added_by_options() {
    let extra = |client: &str, server: &str| ExtraAccount {
        name: "line".into(),
        client_keys: vec![key(client)],
        server_keys: vec![key(server)],
        filters: ["web".to_owned()].into(),
        permissions: [Permission::Read].into_iter().collect(),
    };
    let text = "environments: [{name: dev}, {name: prod}]\naccounts: [{name: x, clientKey: a*b, permissions: {dev: READ}}]";
    let parsed = State::from_text(text, &options().account(extra("c*d", "e"))).unwrap();
    let [_, line] = &parsed.state.accounts[..] else { panic!("{parsed:?}") };
    let ids: Vec<_> = line.permissions.keys().copied().collect();
    let mut expected = ["dev", "prod"].map(environment_id);
    expected.sort();
    assert_eq!((&*line.name, ids), ("line", expected.to_vec()));
    let read = [Permission::Read].into_iter().collect();
    assert!(line.permissions.values().all(|each| *each == read) && line.filters.contains("web"));
    // An account of the options prevents the warning about missing keys.
    let parsed = State::from_text("[]", &options().account(extra("c*d", "e"))).unwrap();
    assert_eq!(parsed.warnings.len(), 1);

    let named = text.replace("name: x", "name: line");
    for twice in [
        State::from_text(&named, &options().account(extra("c*d", "e"))),
        State::from_text(text, &options().account(extra("c*d", "e")).account(extra("f*g", "h"))),
    ] {
        assert_eq!(
            twice.unwrap_err().to_string(),
            "line 1, column 1: account line, from the options: there are two accounts with the name line"
        );
    }

    let error = State::from_text(text, &options().account(extra("a*b", "e*f"))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 1: account line, from the options: accounts[0].clientKey has the same key: a key can be used only once\n\
         line 1, column 1: account line, from the options: a server key contains no `*`; a key with a `*` is a clientKey"
    );
}
