//! Peers that are proxies. Each proxy has a loopback address of its own, which names its lines in the log.

use fh_test_log::Log;

use super::support::Served;

#[tokio::test]
async fn one_warning_names_a_proxy_on_this_machine_that_is_not_trusted() {
    let log = Log::capture();
    for (peer, trusted, header, warnings) in [
        (11, "", "accept: */*", 0),
        (12, "", "Forwarded: for=203.0.113.9", 1),
        (13, "", "X-Forwarded-For: 203.0.113.9", 1),
        (14, "", "x-forwarded-proto: https", 1),
        (15, "", "via: 1.1 edge", 1),
        (16, "127.0.0.1", "x-real-ip: 203.0.113.9", 1),
        (17, "127.0.0.0/8", "x-forwarded-for: 203.0.113.9", 0),
    ] {
        let server = Served::new(|options| options.proxies = trusted.parse().unwrap());
        for _ in 0..3 {
            let mut proxy = server.peer_from([127, 0, 0, peer]).await;
            proxy.send(format!("GET / HTTP/1.1\r\nhost: a\r\n{header}\r\n\r\n")).await;
            proxy.read_to("here").await;
        }
        let text = format!("start with --trusted-proxies 127.0.0.{peer} ");
        let lines = log.text().lines().filter(|line| format!("{line} ").contains(&text)).count();
        assert_eq!(lines, warnings, "{trusted} {header}");
    }
}
