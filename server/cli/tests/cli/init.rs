use std::collections::BTreeSet;
use std::process::Command;

use crate::following::Following;
use crate::tool::{command, fh, path};

#[test]
fn what_it_writes_is_right_and_its_own() {
    let folder = path("init");
    std::fs::create_dir_all(&folder).unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_fh")).arg("init").current_dir(&folder).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && out.starts_with("wrote state.yaml\n"), "{out}");
    let written = format!("{folder}/state.yaml");
    let schema = std::fs::read_to_string(format!("{folder}/state-1.schema.json")).unwrap();
    assert_eq!(schema, fh(&["schema"]).expect(0).out);
    let run = fh(&["serve", "--check", &written]).expect(0);
    assert!(run.out.ends_with("4 features, 2 environments, 3 accounts\n"), "{run:?}");
    assert_eq!(run.out.lines().count(), 1, "no warnings: {run:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&written).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let text = std::fs::read_to_string(&written).unwrap();
    assert!(text.starts_with("# yaml-language-server: $schema=state-1.schema.json\n"), "{text}");
    for placeholder in ["00000000-0000", "CLIENT*", "SERVER-KEY", "TESTS*"] {
        assert!(!text.contains(placeholder), "{placeholder}");
    }
    let accounts =
        [("services", "clientKey"), ("web pages and apps", "serverKey"), ("tests", "clientKey")];
    for (use_of, kind) in accounts {
        let (_, account) = text.split_once(&format!("- name: {use_of} ")).expect(use_of);
        let key = account.lines().nth(1).unwrap().trim_start();
        assert!(key.starts_with(kind) && account.starts_with(' '), "{use_of}: {key}");
    }
    // The five ids and keys of two runs are ten different texts.
    let other = fh(&["init", "-"]).expect(0).out;
    let own = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
        let values = lines
            .filter_map(|line| line.split_once(": "))
            .filter(|(name, _)| ["id", "clientKey", "serverKey"].contains(name));
        values.map(|(_, value)| value.split_whitespace().next().unwrap().to_string()).collect()
    };
    let (mine, others) = (own(&text), own(&other));
    assert_eq!((mine.len(), others.len()), (5, 5), "{mine:?}");
    let all: BTreeSet<&String> = mine.iter().chain(&others).collect();
    assert_eq!(all.len(), 10);
    let run = fh(&["init", &written]).expect(2);
    assert!(run.err.contains("exists already"), "{run:?}");
    assert_eq!(std::fs::read_to_string(&written).unwrap(), text);
    fh(&["init", "/no/such/folder/state.yaml"]).refused(2, &["cannot write /no/such/folder"]);
}

/// Returns a word of a printed command as a shell passes it on. Asserts that a pattern is quoted, because zsh refuses a pattern
/// that matches no file.
pub(crate) fn unquoted(word: &str) -> &str {
    let inner = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\''));
    assert!(inner.is_some() || !word.contains('*'), "{word} is not quoted");
    inner.unwrap_or(word)
}

/// Runs the commands that `fh init` prints, with a free port.
#[test]
fn the_next_commands_work() {
    let state = path("init-next.yaml");
    let out = fh(&["init", &state]).expect(0).out;
    let commands: Vec<Vec<&str>> = out
        .lines()
        .filter_map(|line| Some(line.strip_prefix("  fh ")?.split(' ').map(unquoted).collect()))
        .collect();
    let [serve, watch, set, check] = commands.as_slice() else { panic!("{out}") };
    let mut server = Following::with_errors(command(&[&serve[..], &["--port", "0"]].concat()));
    let line = server.line(&["listening on http"]);
    let url = line.trim_start_matches("listening on ");
    let at = |words: &[&'static str], given: &[&str]| -> Vec<String> {
        let given = given.iter().map(|word| word.replace("http://127.0.0.1:8903", url));
        given.chain(words.iter().map(ToString::to_string)).collect()
    };
    let mut watching = Following::start(&mut command(&at(&[], watch)));
    watching.line(&["NEW_CHECKOUT = true"]);
    watching.line(&["PRODUCT_PAGE = {\"columns\":3,\"reviews\":true}"]);
    fh(&at(&[], set)).expect(0);
    watching.line(&["NEW_CHECKOUT: true → false"]);
    fh(check).expect(0);
}

#[test]
fn the_keys_as_json() {
    let state = path("init-json.yaml");
    let keys = fh(&["init", &state, "--json"]).expect(0).json();
    assert!(keys["clientKey"].as_str().unwrap().contains('*'));
    assert!(!keys["serverKey"].as_str().unwrap().contains('*'));
    assert_eq!(keys["written"], state);
}
