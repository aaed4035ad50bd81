use std::net::{IpAddr, SocketAddr};

use hyper::http::{HeaderMap, request::Parts};
use ipnet::IpNet;

/// The other end of the connection, as an extension of its requests. [`serve`](super::serve) puts it there; an application
/// that mounts the service does so itself, or all its clients are one to the rate limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeerAddress(pub SocketAddr);

/// The client's address: the connection's, or what trusted proxies say of it.
pub(super) fn client(parts: &Parts, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = parts.extensions.get::<PeerAddress>()?.0.ip().to_canonical();
    Some(behind_proxies(peer, &parts.headers, trusted))
}

/// From right to left, each proxy names whom it forwards for: the first that is not itself trusted is the client.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    if !is_trusted(peer) {
        return peer;
    }
    let mut client = peer;
    let values: Vec<_> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        // What is no address was not written by a proxy that can be trusted.
        let Some(address) = parse(hop.trim()) else { break };
        client = address;
        if !is_trusted(address) {
            break;
        }
    }
    client
}

/// An address, or one with a port.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = || text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare().or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(peer: &str, forwarded_for: &[&str], expected: &str) {
        let mut headers = HeaderMap::new();
        for value in forwarded_for {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let client = behind_proxies(peer.parse().unwrap(), &headers, &trusted);
        assert_eq!(client, expected.parse::<IpAddr>().unwrap());
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        check("203.0.113.9", &["198.51.100.1"], "203.0.113.9");
        check("10.0.0.1", &["198.51.100.1"], "198.51.100.1");
        check("::1", &["6.6.6.6, 198.51.100.1, 10.0.0.2"], "198.51.100.1");
        check("10.0.0.1", &["6.6.6.6", "198.51.100.1:4711"], "198.51.100.1");
        check("10.0.0.1", &["198.51.100.1, garbage"], "10.0.0.1");
        check("10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1");
    }
}
