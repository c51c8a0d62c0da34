//! The demo servers, which are typed from the manual pages, against curl and `s_client`.

use crate::place;
use crate::process::{Process, tool};
use crate::version::VERSIONS;
use std::process::Command;

struct Demo {
    process: Process,
    address: String,
}

fn start(program: &str) -> Demo {
    let source = format!("demo/{program}.c");
    let process = Process::start(&mut Command::new(place::compile(program, &[&source])));
    let address = process.wait_for_line("listening ");
    Demo { process, address }
}

fn curl(address: &str, more: &[&str]) -> String {
    let url = format!("https://{address}/");
    let mut command = Command::new("curl");
    place::run(
        command
            .args(["--silent", "--show-error", "--insecure", "--max-time", "20", &url])
            .args(more),
    )
}

/// SSL_CTX_set_session_ticket_cb(3): curl keeps its tickets only while it runs, so it asks twice in one run.
#[test]
fn curl_resumes_and_is_recognised() {
    let demo = start("ticket-appdata");
    let again = format!("https://{}/again", demo.address);
    let told = curl(&demo.address, &[&again]);
    assert_eq!(
        told,
        "server: full handshake; from now on you are guest 1\nserver: resumed; the ticket says guest 1\n"
    );
    demo.process.succeed();
}

#[test]
fn every_version_of_the_page_serves_curl_and_s_client() {
    for program in [
        "key-callback-1.1.1",
        "key-callback-1.1.1-aes128",
        "key-callback-0.9.8h",
        "key-callback-3.0",
    ] {
        let demo = start(program);
        let again = format!("https://{}/again", demo.address);
        for version in VERSIONS {
            assert_eq!(
                curl(&demo.address, &["--tls-max", version.number(), &again]),
                "server: full handshake\nserver: resumed\n",
                "{program} {version:?}"
            );
        }
        let mut command = tool("openssl");
        let mut client = Process::start(command.args(["s_client", "-connect", &demo.address, "-ign_eof"]));
        client.say("GET / HTTP/1.0\r\n\r\n");
        let text = client.succeed();
        assert!(text.contains("server: full handshake"), "{program}: {text}");
        demo.process.succeed();
    }
}
