//! Certificates for a test, made with OpenSSL's tool. All are for a day.

use std::path::Path;
use std::process::Command;

/// Runs a tool that has to succeed.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{text}", output.status);
    text
}

/// A certificate and its key, as PEM files.
pub struct Identity {
    pub cert: String,
    pub key: String,
}

impl Identity {
    fn files(dir: &Path, name: &str) -> Identity {
        let path = |end| dir.join(format!("{name}.{end}")).to_str().unwrap().to_owned();
        Identity {
            cert: path("pem"),
            key: path("key"),
        }
    }

    /// `openssl req` for this certificate, which is still to be told what kind of one.
    fn request(&self, common_name: &str) -> Command {
        let mut request = Command::new("openssl");
        request.args(["req", "-x509", "-nodes", "-days", "1", "-subj"]);
        request.args([&format!("/CN={common_name}"), "-keyout", &self.key, "-out", &self.cert]);
        request
    }

    /// A certificate authority, as files in a directory.
    pub fn authority(dir: &Path, name: &str) -> Identity {
        let identity = Identity::files(dir, name);
        let mut request = identity.request(&format!("carnet test {name}"));
        request.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        run(request.args(["-addext", "keyUsage=critical,keyCertSign,cRLSign"]));
        identity
    }

    /// A certificate from this authority, with a key of the kind that the options say.
    pub fn issue(&self, dir: &Path, name: &str, common_name: &str, key_options: &[&str]) -> Identity {
        let identity = Identity::files(dir, name);
        let mut request = identity.request(common_name);
        request.args(["-CA", &self.cert, "-CAkey", &self.key, "-newkey"]);
        request.args(key_options);
        request.args(["-addext", &format!("subjectAltName=DNS:{common_name},IP:127.0.0.1")]);
        run(request.args(["-addext", "basicConstraints=critical,CA:FALSE"]));
        identity
    }
}
