//! Someone in the middle hides that the client knows TLS 1.3: the server's random gives it away (RFC 8446, 4.1.3).

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use crate::fleet::LIBRARIES;
use crate::peer;
use crate::place::CERTIFICATES;

/// supported_versions (43) becomes an extension that nobody knows.
fn without_supported_versions(hello: &mut [u8]) {
    const EXTENSION: [u8; 9] = [0, 43, 0, 5, 4, 3, 4, 3, 3];
    let place = hello.windows(EXTENSION.len()).position(|bytes| bytes == EXTENSION);
    let place = place.expect("the hello has supported_versions");
    hello[place..place + 2].copy_from_slice(&[0xfa, 0xfa]);
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut piece = [0; 16384];
    // Either end may go at any time.
    while let Ok(n @ 1..) = from.read(&mut piece) {
        if to.write_all(&piece[..n]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// Carries one connection to `server`, with a changed hello. Returns the port.
fn in_the_middle(server: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect(server).unwrap();
        let mut hello = vec![0; 5];
        client.read_exact(&mut hello).unwrap();
        let len = usize::from(u16::from_be_bytes([hello[3], hello[4]]));
        hello.resize(5 + len, 0);
        client.read_exact(&mut hello[5..]).unwrap();
        without_supported_versions(&mut hello);
        server.write_all(&hello).unwrap();
        let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let other = thread::spawn(move || carry(back.0, back.1));
        carry(client, server);
        other.join().unwrap();
    });
    port
}

/// Every pair of libraries notices, the client first.
#[test]
fn clients_notice() {
    for server in LIBRARIES {
        for client in LIBRARIES {
            let listening = peer::Server::start_on(server, &CERTIFICATES.p256, &["-echo"]);
            let port = in_the_middle(listening.address());
            let told = peer::any_client_on(client, &port, &["-min", "1.2", "-text", "hello\\n", "-recv", "6"]);
            told[0].expect("ok=0 stage=handshake reason=inappropriate fallback");
            listening.any_reports()[0].expect("ok=0 stage=handshake reason=sslv3 alert illegal parameter");
        }
    }
}
