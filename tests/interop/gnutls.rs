//! The other side as GnuTLS's tools: `gnutls-cli` and `gnutls-serv`.

use crate::place::{CERTIFICATES, Identity};
use crate::process::{Process, tool};
use std::collections::HashSet;
use std::fs;

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
        process.wait_for("IPv4 0.0.0.0 port 0...done");
        let port = listening_port(process.id());
        Server { process, port }
    }
}

/// The port of the IPv4 socket that a process listens on, from /proc (see proc_net(5)).
fn listening_port(pid: u32) -> String {
    const LISTEN: &str = "0A";
    let owned: HashSet<String> = fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .filter_map(|fd| fs::read_link(fd.ok()?.path()).ok()?.into_os_string().into_string().ok())
        .filter_map(|to| Some(to.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let table = fs::read_to_string(format!("/proc/{pid}/net/tcp")).unwrap();
    let port = table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, port) = fields[1].split_once(':')?;
        (fields[3] == LISTEN && owned.contains(fields[9])).then(|| u16::from_str_radix(port, 16).ok())?
    });
    port.expect("gnutls-serv listens").to_string()
}
