//! The other side as GnuTLS's tools: `gnutls-cli` and `gnutls-serv`.

use crate::place::{CERTIFICATES, Identity};
use crate::process::{Process, tool};

pub fn client(port: &str, options: &[&str]) -> Process {
    let mut command = tool("gnutls-cli");
    command.args([
        "--port",
        port,
        "--x509cafile",
        &CERTIFICATES.ca,
        "--verify-hostname",
        "localhost",
    ]);
    Process::start(command.args(options).arg("127.0.0.1"))
}

/// Says a line to an echo server, waits for it to come back, leaves. Returns all that gnutls-cli printed.
pub fn visit(port: &str, options: &[&str]) -> String {
    let mut client = client(port, options);
    client.wait_for("Simple Client Mode");
    client.say("hello from gnutls\n");
    client.wait_for("\nhello from gnutls");
    client.succeed()
}

pub struct Server {
    pub process: Process,
    pub port: String,
}

impl Server {
    /// Port 0 lets the system choose, but gnutls-serv doesn't say what was chosen.
    pub fn start(identity: &Identity, options: &[&str]) -> Server {
        let mut command = tool("gnutls-serv");
        command.args([
            "--port",
            "0",
            "--x509certfile",
            &identity.cert,
            "--x509keyfile",
            &identity.key,
        ]);
        let process = Process::start(command.args(options));
        // One for each family of addresses.
        process.wait_for_times("done\n", 2);
        let port = process.listening_port();
        Server { process, port }
    }
}
