//! A SOCKS proxy, with the cargo feature `socks`.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use fh_client::Client;
use fh_client::transport::ReqwestTransport;
use fh_test_servers::featurehub::{FakeEdge, Feature};

use crate::support::{PATIENCE, quick};

/// The host, the user name and the password that a client gives to the proxy.
type Given = (String, String, String);

/// Starts a SOCKS5 proxy (RFC 1928, RFC 1929) that requires a password, and tunnels each connection to this address. Returns its address, and
/// what clients give to it.
fn proxy(to: SocketAddr) -> (SocketAddr, Receiver<Given>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, given) = channel();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let sender = sender.clone();
            thread::spawn(move || tunnel(client, to, &sender));
        }
    });
    (address, given)
}

fn tunnel(mut client: TcpStream, to: SocketAddr, given: &Sender<Given>) -> io::Result<()> {
    const VERSION: u8 = 5;
    const PASSWORD: u8 = 2;
    const HOST: u8 = 3;
    // The methods of authentication that the client has.
    assert_eq!(bytes::<1>(&mut client)?, [VERSION]);
    assert!(counted(&mut client)?.as_bytes().contains(&PASSWORD));
    client.write_all(&[VERSION, PASSWORD])?;
    bytes::<1>(&mut client)?;
    let (user, password) = (counted(&mut client)?, counted(&mut client)?);
    client.write_all(&[1, 0])?;
    // The request for a connection.
    assert_eq!(bytes::<4>(&mut client)?, [VERSION, 1, 0, HOST]);
    let host = counted(&mut client)?;
    bytes::<2>(&mut client)?;
    given.send((host, user, password)).map_err(io::Error::other)?;
    client.write_all(&[VERSION, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    let server = TcpStream::connect(to)?;
    let (mut from, mut into) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || io::copy(&mut from, &mut into));
    io::copy(&mut &server, &mut client)?;
    Ok(())
}

fn bytes<const N: usize>(client: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Reads a text, after its length as one byte.
fn counted(client: &mut TcpStream) -> io::Result<String> {
    let mut text = vec![0; usize::from(bytes::<1>(client)?[0])];
    client.read_exact(&mut text)?;
    String::from_utf8(text).map_err(io::Error::other)
}

#[test]
fn requests_go_through_it() {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    let (address, given) = proxy(edge.address());
    let transport =
        ReqwestTransport::builder().proxy(&format!("socks5h://me:p%40ss@{address}")).build();
    // The host name is one that only the proxy can resolve.
    let client = Client::builder("http://edge.invalid", edge.client_key())
        .transport(transport.unwrap())
        .configure(quick)
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    let expected = ["edge.invalid", "me", "p@ss"].map(str::to_string).into();
    assert_eq!(given.recv().unwrap(), expected);
}
