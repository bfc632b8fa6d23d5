//! A state file to start from.

use super::ids::environment_id;

/// The file, with names in place of ids and keys.
const TEMPLATE: &str = include_str!("template.yaml");
/// The environments of the file, and what stands for their ids.
const ENVIRONMENTS: [(&str, &str); 2] = [("dev", "DEV_ID"), ("prod", "PROD_ID")];
/// What stands for keys in the file, what they begin with, and whether the client evaluates.
const KEYS: [(&str, &str, bool); 5] = [
    ("WEB_CLIENT_KEY", "web-client", true),
    ("WEB_SERVER_KEY", "web-server", false),
    ("TESTS_CLIENT_KEY", "tests-client", true),
    ("TESTS_SERVER_KEY", "tests-server", false),
    ("CATALOGUE_SERVER_KEY", "catalogue-server", false),
];
/// 32 characters that nobody takes for others.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A commented state file to start from: two environments, features of all types, strategies, and accounts with keys of their own.
///
/// Keys say whose they are, and hold 128 bits of the seed, which has to be random: whoever knows it knows the keys.
///
/// ```
/// use fh_edge::state::State;
/// use fh_edge::state::file::{Options, template};
/// let parsed = State::from_text(&template(&[7; 32]), &Options::new())?;
/// assert!(parsed.warnings.is_empty());
/// # Ok::<(), fh_edge::state::file::StateFileError>(())
/// ```
#[must_use]
pub fn template(seed: &[u8; 32]) -> String {
    let ids = ENVIRONMENTS.map(|(name, place)| (place, environment_id(name).to_string()));
    let keys = KEYS.map(|(place, name, is_client)| (place, key(seed, name, is_client)));
    let all = ids.into_iter().chain(keys);
    all.fold(TEMPLATE.to_owned(), |text, (place, with)| text.replace(place, &with))
}

/// A key that begins with a name; 26 characters of five bits follow.
fn key(seed: &[u8; 32], name: &str, is_client: bool) -> String {
    let secret = hmac_sha256::HMAC::mac(name.as_bytes(), seed);
    let mut key = format!("{name}-");
    let letters = secret.iter().take(26).map(|byte| ALPHABET.get(usize::from(byte % 32)));
    for (place, letter) in letters.enumerate() {
        if is_client && place == 18 {
            key.push('*');
        }
        key.extend(letter.map(|letter| char::from(*letter)));
    }
    key
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::{Form, Options};
    use super::*;
    use crate::state::State;

    #[test]
    fn it_is_a_state_without_doubt() {
        let text = template(&[1; 32]);
        let parsed = State::from_text(&text, &Options::new()).unwrap();
        assert_eq!((parsed.form, parsed.warnings), (Form::State, vec![]));
        let state = parsed.state;
        for (environment, (name, _)) in state.environments.iter().zip(ENVIRONMENTS) {
            assert_eq!((&*environment.name, environment.id), (name, environment_id(name)));
            assert_eq!(environment.values.len(), state.features.len());
        }
        assert!(!text.contains("_KEY\n") && !text.contains("_ID"), "{text}");
        let keys: HashSet<&str> = state
            .accounts
            .iter()
            .flat_map(|account| {
                account.client_keys.iter().chain(&account.server_keys).map(|key| key.expose())
            })
            .collect();
        assert_eq!(keys.len(), KEYS.len());
        assert!(keys.iter().all(|key| key.len() >= 26 + 11));
        let web = state.accounts[0].client_keys[0].expose();
        assert!(web.starts_with("web-client-"), "{web}");
        assert!(text.contains(&format!("#   {}/{web}\n", environment_id("prod"))));

        assert_eq!(template(&[1; 32]), text);
        let other = template(&[2; 32]);
        assert!(keys.iter().all(|key| !other.contains(key)));
    }
}
