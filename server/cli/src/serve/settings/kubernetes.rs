//! Variables that Kubernetes sets in containers, for the Services of the same namespace.
//!
//! A Service called `fh-edge-monitor` brings `FH_EDGE_MONITOR_PORT=tcp://10.0.0.2:8701`, `FH_EDGE_MONITOR_SERVICE_HOST` and
//! others, whose names are those of settings or look like them.

/// The prefixes of the address in the value of a variable that names a Service's port.
const PROTOCOLS: [&str; 3] = ["tcp://", "udp://", "sctp://"];

/// Returns true if the name and the text look like those of a variable that Kubernetes sets for a Service.
pub(super) fn sets(name: &str, text: &str) -> bool {
    is_port_of_service(name, text) || is_beside_port(name)
}

/// Returns true for `X_PORT` with the value `tcp://10.0.0.2:8701`. A variable with this name is a setting if its value is a
/// number.
pub(super) fn is_port_of_service(name: &str, text: &str) -> bool {
    let text = text.trim();
    name.ends_with("_PORT") && PROTOCOLS.iter().any(|protocol| text.starts_with(protocol))
}

/// Returns true for the names that Kubernetes sets beside `X_PORT`: `X_SERVICE_HOST`, `X_SERVICE_PORT`, `X_SERVICE_PORT_HTTP`,
/// `X_PORT_8701_TCP`, `X_PORT_8701_TCP_ADDR` and the like.
fn is_beside_port(name: &str) -> bool {
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || name
            .match_indices("_PORT_")
            .any(|(at, port)| is_numbered(name.get(at + port.len()..).unwrap_or_default()))
}

/// Returns true for `8701_TCP` and `8701_TCP_ADDR`.
fn is_numbered(rest: &str) -> bool {
    let mut parts = rest.split('_');
    let number = parts.next().unwrap_or_default();
    let protocol = parts.next().unwrap_or_default();
    !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(protocol, "TCP" | "UDP" | "SCTP")
        && matches!(parts.next(), None | Some("ADDR" | "PORT" | "PROTO"))
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_services_are_known_by_name_and_value() {
        for (name, text) in [
            ("FH_EDGE_PORT", "tcp://10.0.0.2:8903"),
            ("FH_EDGE_MONITOR_PORT", "udp://10.0.0.2:8701"),
            ("FH_EDGE_MONITOR_PORT", "sctp://[fd00::2]:8701"),
            ("FH_EDGE_SERVICE_HOST", "10.0.0.2"),
            ("FH_EDGE_MONITOR_SERVICE_HOST", "10.0.0.2"),
            ("FH_EDGE_MONITOR_SERVICE_PORT", "8701"),
            ("FH_EDGE_MONITOR_SERVICE_PORT_METRICS", "8701"),
            ("FH_EDGE_MONITOR_PORT_8701_TCP", "tcp://10.0.0.2:8701"),
            ("FH_EDGE_MONITOR_PORT_8701_TCP_ADDR", "10.0.0.2"),
            ("FH_EDGE_MONITOR_PORT_8701_TCP_PORT", "8701"),
            ("FH_EDGE_MONITOR_PORT_8701_TCP_PROTO", "tcp"),
        ] {
            assert!(sets(name, text), "{name}={text}");
        }
        for (name, text) in [
            ("FH_EDGE_MONITOR_PORT", "8701"),
            ("FH_EDGE_MONITOR_PORT", "http://10.0.0.2:8701"),
            ("FH_EDGE_STATE", "tcp://10.0.0.2:8701"),
            ("FH_EDGE_PORT_8701", "1"),
            ("FH_EDGE_PORT_8701_TCP_ADDR_X", "1"),
            ("FH_EDGE_PORT_x_TCP", "1"),
            ("FH_EDGE_SERVICE", "1"),
        ] {
            assert!(!sets(name, text), "{name}={text}");
        }
    }
}
