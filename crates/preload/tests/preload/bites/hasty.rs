//! Clients that write and close at once (openssl#7948): OpenSSL writes its tickets inside the last handshake call and finds
//! nobody there. OpenSSL 3.0 bears that, and with the library's tickets it does, too.

use std::process::Command;

use crate::place::{library, pki};
use crate::stage::clean;

/// Prints, for each version, for clients that resume and those that don't, and for no tickets, what a server sees of a
/// client that has sent its last handshake message, a line and its end in one go, and has closed.
const SCRIPT: &str = r#"
import socket, ssl, sys

def context(server, version):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    if server:
        made.load_cert_chain(sys.argv[1], sys.argv[2])
    else:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.minimum_version = made.maximum_version = version
    return made

def visit(server, client, session, hasty):
    here, there = socket.socketpair()
    accepted = server.wrap_socket(here, server_side=True, do_handshake_on_connect=False)
    here_in, here_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    visitor = client.wrap_bio(here_in, here_out, session=session)
    accepted.setblocking(False)
    open_end, seen = True, []
    for _ in range(20):
        if open_end:
            done = True
            try:
                visitor.do_handshake()
            except ssl.SSLWantReadError:
                done = False
            if done:
                visitor.write(b"a line\n")
            there.sendall(here_out.read())
            if done and hasty:
                there.close()
                open_end = False
        try:
            accepted.do_handshake()
            seen.append(accepted.recv(100).decode())
            break
        except ssl.SSLWantReadError:
            pass
        except OSError as error:
            seen.append(type(error).__name__)
            break
        if open_end:
            here_in.write(there.recv(100000))
    if not hasty:
        accepted.setblocking(True)
        accepted.send(b"x")
        here_in.write(there.recv(100000))
        visitor.read(1)
    return seen, visitor.session

for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
    for tickets in 2, 0:
        server, client = context(True, version), context(False, version)
        server.num_tickets = tickets
        told, session = visit(server, client, None, False)
        for offered in None, session:
            print(version.name, tickets, offered is not None, visit(server, client, offered, True)[0])
"#;

fn seen(loaded: bool) -> String {
    let mut command = Command::new("/usr/bin/python3");
    clean(&mut command);
    if loaded {
        command.env("LD_PRELOAD", library());
    }
    let (certificate, key) = (pki().join("server.pem"), pki().join("server.key"));
    let output = command.args(["-c", SCRIPT]).arg(certificate).arg(key).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_client_that_is_gone_already_is_seen_as_without_the_library() {
    let (with, without) = (seen(true), seen(false));
    assert_eq!(with, without);
    assert_eq!(with.lines().count(), 8, "{with}");
    assert!(
        with.lines().all(|line| line.ends_with(r"['a line\n']")),
        "nothing is lost: {with}"
    );
}
