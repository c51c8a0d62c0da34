//! The other side as OpenSSL's tools: `s_client` and `s_server`.

use crate::place::{CERTIFICATES, DIR, Identity};
use crate::process::{Process, tool};

/// An `s_client` that keeps its connection until its input is closed or it hears `Q` alone on a line.
pub fn client(address: &str, options: &[&str]) -> Process {
    let mut command = tool("openssl");
    command.args([
        "s_client",
        "-connect",
        address,
        "-CAfile",
        &CERTIFICATES.ca,
        "-verify_return_error",
    ]);
    Process::start(command.args(options))
}

/// One visit to an echo server: says a line, waits for it to come back, leaves. Returns all that s_client printed.
pub fn visit(address: &str, options: &[&str]) -> String {
    let mut client = client(address, options);
    client.say("hello from s_client\n");
    client.wait_for("hello from s_client\n");
    client.succeed()
}

/// As OpenSSL's commands print names since 3.2, whichever has printed them.
pub fn with_names(printed: &str) -> String {
    printed.replace("CN = ", "CN=")
}

/// How many tickets an `s_client` has reported.
pub fn tickets(printed: &str) -> usize {
    printed.matches("Post-Handshake New Session Ticket arrived").count()
}

pub struct Server {
    pub process: Process,
    pub port: String,
}

impl Server {
    pub fn start(identity: &Identity, options: &[&str]) -> Server {
        let mut command = tool("openssl");
        command.args([
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-cert",
            &identity.cert,
            "-key",
            &identity.key,
        ]);
        // Mode -WWW serves files from the working directory.
        let process = Process::start(command.args(options).current_dir(&*DIR));
        let port = process.wait_for_line("ACCEPT 127.0.0.1:");
        Server { process, port }
    }
}
