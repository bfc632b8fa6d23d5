use std::io::Read;
use std::process::{Command, Stdio};

use fh_test_servers::featurehub::ENVIRONMENT;

use crate::self_description::COMMANDS;
use crate::tool::{SECRET, fh, file};

/// Errors hide a key in any argument. Every run asserts that the secret part of a key is not shown.
#[test]
fn a_key_in_the_wrong_place_is_not_repeated() {
    let key = format!("{ENVIRONMENT}/client{SECRET}*0123");
    for (args, part) in [
        (&["doctor", "http://x", &key, &key][..], "unexpected argument"),
        (&["set", "http://x", "-", "F", "v", &key], "unexpected argument"),
        (&["watch", "--poll", &key], "write seconds"),
        (&["get", &format!("--apikey={key}")], "--api-key"),
    ] {
        let run = fh(args).expect(2);
        assert!(run.err.starts_with("error: ") && run.err.contains(part), "{run:?}");
        assert!(run.err.contains("***") || part == "--api-key", "{run:?}");
    }
    // Other arguments are repeated.
    assert!(
        fh(&["lint", "some/file.json", "another/file.json"])
            .expect(2)
            .err
            .contains("another/file.json")
    );
}

#[test]
fn help_has_examples_and_exit_codes() {
    let help = fh(&["--help"]).expect(0).out;
    for command in COMMANDS {
        assert!(help.contains(&format!("  {command} ")), "{help}");
        let help = fh(&[command, "--help"]).expect(0).out;
        assert!(help.contains("Examples:\n  fh ") && help.contains("Exit codes: 0 "), "{help}");
        assert!(help.contains("--json") && help.contains("--color"), "{help}");
    }
    assert!(fh::<&str>(&[]).expect(2).err.contains("Usage: fh"));
    assert!(fh(&["--version"]).expect(0).out.starts_with("fh "));
}

/// `fh ... | head -1` prints no error.
#[test]
fn a_closed_pipe_is_no_error() {
    let feature = |index| {
        format!(
            r#"{{"id": "f", "key": "K{index}", "type": "STRING", "value": "v", "strategies": [{{"id": "s"}}]}}"#
        )
    };
    let features: Vec<String> = (0..20_000).map(feature).collect();
    let features = file("many.json", format!("[{}]", features.join(",")));
    for args in [
        &["eval", &features][..],
        &["eval", &features, "--json"],
        &["lint", &features],
        &["bucket", "--id", "x", "--want", "0-999999", "--count", "100000"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fh"))
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 10];
        let mut pipe = child.stdout.take().unwrap();
        pipe.read_exact(&mut first).unwrap();
        drop(pipe);
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_fh")).arg("demo").stdout(full).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(err.starts_with("error: cannot write the output"), "{err}");
}
