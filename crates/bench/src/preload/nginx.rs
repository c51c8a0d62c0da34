//! nginx with one worker.

use std::error::Error;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::programs::Programs;

/// How often a client visits before it is another's turn.
const TURN: &str = "300";

pub struct Nginx {
    process: Child,
    port: u16,
}

impl Nginx {
    pub fn start(programs: &Programs, preloaded: bool) -> Result<Self, Box<dyn Error>> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let prefix = programs.at(&format!("nginx-{port}"));
        fs::create_dir_all(&prefix)?;
        let config = format!(
            "daemon off; worker_processes 1; pid {0}/pid; error_log {0}/error.log; events {{}}\n\
             http {{ access_log off; server {{ listen 127.0.0.1:{port} ssl; keepalive_timeout 0;\n\
             ssl_certificate {1}; ssl_certificate_key {2}; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_timeout 1h;\n\
             location / {{ return 204; }} }} }}\n",
            prefix.display(),
            programs.at("server.pem").display(),
            programs.at("server.key").display(),
        );
        fs::write(prefix.join("nginx.conf"), config)?;
        let mut command = programs.command(Path::new("/usr/sbin/nginx"), preloaded);
        command.arg("-p").arg(&prefix).arg("-c").arg(prefix.join("nginx.conf"));
        let process = command.stderr(Stdio::null()).spawn()?;
        let server = Self { process, port };
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("nginx does not listen on port {port}").into())
    }

    /// A client, OpenSSL without the preload library, comes some hundred times. How often it came.
    pub fn visits(&self, programs: &Programs, version: &str) -> Result<f64, Box<dyn Error>> {
        programs.cost(false, &["visit", version, &self.port.to_string(), TURN])
    }

    /// For how long the worker has had a processor so far, nanoseconds: what others do meanwhile does not count.
    pub fn busy(&self) -> Result<f64, Box<dyn Error>> {
        let id = self.process.id();
        let worker = fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
        let text = fs::read_to_string(format!("/proc/{}/schedstat", worker.trim()))?;
        Ok(text.split(' ').next().ok_or("no figures")?.parse()?)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM, so that it takes its workers along.
        let _told = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ended = self.process.wait();
    }
}
