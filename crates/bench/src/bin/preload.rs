//! `bench-preload LIBCARNET_PRELOAD [ROUNDS]`: what the preload library costs a server of OpenSSL's, by pairs of runs without and
//! with it, in turns.

use std::error::Error;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use carnet_bench::table::{median, median_ratio};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../preload/tests/programs/cost.c");
/// How often a client visits nginx before it is the other one's turn.
const TURN: &str = "600";

struct Bench {
    directory: PathBuf,
    library: PathBuf,
    rounds: usize,
}

fn run(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

impl Bench {
    fn new(library: PathBuf, rounds: usize) -> Result<Self, Box<dyn Error>> {
        let directory = std::env::temp_dir().join(format!("carnet-bench-preload-{}", std::process::id()));
        fs::create_dir_all(&directory)?;
        let at = |name: &str| directory.join(name);
        run(Command::new("cc")
            .args(["-std=gnu11", "-O2", "-Wno-unused-function", "-o"])
            .arg(at("cost"))
            .args([SOURCE, "-lssl", "-lcrypto"]))?;
        run(Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
            ])
            .args(["-days", "30", "-subj", "/CN=server", "-out"])
            .arg(at("server.pem"))
            .arg("-keyout")
            .arg(at("server.key")))?;
        Ok(Self {
            directory,
            library,
            rounds,
        })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn cost(&self, preloaded: bool, arguments: &[&str]) -> Result<f64, Box<dyn Error>> {
        let mut command = Command::new(self.at("cost"));
        command.args(arguments).env("PKI", &self.directory);
        self.preload(&mut command, preloaded);
        Ok(run(&mut command)?.trim().parse()?)
    }

    fn preload(&self, command: &mut Command, preloaded: bool) {
        command.env("CARNET_CONFIG", "/dev/null");
        if preloaded {
            command.env("LD_PRELOAD", &self.library);
        }
    }

    /// Figures without and with the library, in turns: which goes first changes with each round.
    fn pairs(
        &self,
        title: &str,
        measure: impl Fn(bool) -> Result<f64, Box<dyn Error>>,
    ) -> Result<[Vec<f64>; 2], Box<dyn Error>> {
        let mut figures = [Vec::new(), Vec::new()];
        for round in 0..self.rounds {
            eprint!("\r{title:<44} round {round}/{}", self.rounds);
            for turn in 0..2 {
                let preloaded = (round + turn) % 2 == 1;
                figures[usize::from(preloaded)].push(measure(preloaded)?);
            }
        }
        Ok(figures)
    }

    fn nginx(&self, preloaded: bool, port: u16) -> Result<Nginx, Box<dyn Error>> {
        let name = if preloaded { "with" } else { "without" };
        let prefix = self.at(name);
        fs::create_dir_all(&prefix)?;
        let config = format!(
            "daemon off; worker_processes 1; pid {0}/pid; error_log {0}/error.log; events {{}}\n\
             http {{ access_log off; server {{ listen 127.0.0.1:{port} ssl; keepalive_timeout 0;\n\
             ssl_certificate {1}; ssl_certificate_key {2}; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_timeout 1h;\n\
             location / {{ return 204; }} }} }}\n",
            prefix.display(),
            self.at("server.pem").display(),
            self.at("server.key").display(),
        );
        fs::write(prefix.join("nginx.conf"), config)?;
        let mut command = Command::new("/usr/sbin/nginx");
        command.arg("-p").arg(&prefix).arg("-c").arg(prefix.join("nginx.conf"));
        self.preload(&mut command, preloaded);
        let server = Nginx(command.stderr(Stdio::null()).spawn()?);
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("nginx does not listen on port {port}").into())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.directory);
    }
}

struct Nginx(Child);

impl Nginx {
    /// For how long the worker has had a processor so far, nanoseconds: what others do meanwhile does not count.
    fn busy(&self) -> Result<f64, Box<dyn Error>> {
        let id = self.0.id();
        let worker = fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
        let text = fs::read_to_string(format!("/proc/{}/schedstat", worker.trim()))?;
        Ok(text.split(' ').next().ok_or("no figures")?.parse()?)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM, so that it takes its workers along.
        let _told = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ended = self.0.wait();
    }
}

fn free_port() -> Result<u16, Box<dyn Error>> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn show(title: &str, [without, with]: &[Vec<f64>; 2], goal: &str) {
    let differences: Vec<f64> = with.iter().zip(without).map(|(with, without)| with - without).collect();
    println!(
        "{title:<44} {:>9.1} {:>9.1} {:>+9.1} {:>7.3}×   {goal}",
        median(without),
        median(with),
        median(&differences),
        median_ratio(with, without)
    );
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let library = arguments
        .next()
        .unwrap_or_else(|| "target/release/libcarnet_preload.so".into());
    let rounds = arguments.next().map_or(Ok(15), |text| text.parse())?;
    let library = Path::new(&library)
        .canonicalize()
        .map_err(|error| format!("{library}: {error}"))?;
    let bench = Bench::new(library, rounds)?;
    let mut rows = Vec::new();
    for (title, arguments, goal) in [
        ("seal a ticket, ns of CPU", &["ticket", "3000"][..], "at most 1000 more"),
        (
            "resume in TLS 1.2, both sides, ns of CPU",
            &["resume", "12", "500"],
            "at most 1000 more",
        ),
        (
            "resume in TLS 1.3, both sides, ns of CPU",
            &["resume", "13", "200"],
            "at most 2000 more",
        ),
    ] {
        rows.push((
            title,
            bench.pairs(title, |preloaded| bench.cost(preloaded, arguments))?,
            goal,
        ));
    }
    let ports = [free_port()?, free_port()?];
    let servers = [bench.nginx(false, ports[0])?, bench.nginx(true, ports[1])?];
    for (title, version) in [
        ("nginx, TLS 1.2, resumed a CPU second", "12"),
        ("nginx, TLS 1.3, resumed a CPU second", "13"),
    ] {
        let visit = |preloaded: bool| {
            let (server, port) = (
                &servers[usize::from(preloaded)],
                ports[usize::from(preloaded)].to_string(),
            );
            let before = server.busy()?;
            // The client is OpenSSL without the library.
            let number = bench.cost(false, &["visit", version, &port, TURN])?;
            Ok(number * 1e9 / (server.busy()? - before))
        };
        rows.push((title, bench.pairs(title, visit)?, "within 2 %"));
    }
    eprintln!("\r{:<70}", "");
    println!(
        "{:<44} {:>9} {:>9} {:>9} {:>8}   goal",
        "", "without", "with", "more", "ratio"
    );
    for (title, figures, goal) in &rows {
        show(title, figures, goal);
    }
    Ok(())
}
