//! What a context of a server under libcarnet_preload.so may have been: what the user says of it, and guesses for the rest.

use std::path::{Path, PathBuf};

use carnet_keys::separation::{ContextDigest, ContextParts};
use clap::Args;
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use zeroize::Zeroizing;

use super::functions::{self, Function};
use crate::failure::Failure;
use crate::{files, pem};

/// For tickets of servers under libcarnet_preload.so: what they are sealed for
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Context of a server under libcarnet_preload.so")]
pub(super) struct ContextOptions {
    /// The server's certificate; may be given several times, if the server has several
    #[arg(long, value_name = "FILE")]
    cert: Vec<PathBuf>,
    /// What it does to verify clients, a number as in SSL_CTX_set_verify(3) [default: all are tried]
    #[arg(long, value_name = "NUMBER")]
    verify_mode: Option<i32>,
    /// The CA certificates that it trusts for clients, and whose names it sends them (nginx ssl_client_certificate) [default: none]
    #[arg(long, value_name = "FILE")]
    client_ca: Option<PathBuf>,
    /// The program, or the module of it, whose function verifies clients (nginx, HAProxy and Apache's mod_ssl.so have one): all its
    /// functions are tried, which takes a while without --verify-mode [default: none]
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// The name that the client asked for; empty for none [default: the session's, the certificate's, none]
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
}

/// SSL_VERIFY_PEER, _FAIL_IF_NO_PEER_CERT, _CLIENT_ONCE and _POST_HANDSHAKE make these.
const VERIFY_MODES: std::ops::Range<i32> = 0..16;

const VERIFY_PEER: i32 = 1;
/// Depths that servers set; -1 is OpenSSL's own.
const DEPTHS: std::ops::Range<i32> = -1..11;
/// X509_V_FLAG_TRUSTED_FIRST, which Python sets, and CRLs checked for the client alone or for all, as nginx does it.
const FLAGS: [u64; 6] = [0, 0x8000, 4, 0xc, 0x8004, 0x800c];

/// One context that a ticket may be for.
pub(super) struct Guess {
    /// Without the functions that verify clients.
    parts: ContextParts,
    pub(super) verify_mode: i32,
    /// Subject of its certificate.
    pub(super) certificate: String,
    pub(super) server_name: String,
}

impl Guess {
    /// What it may be: with no function that verifies clients, or one of these.
    pub(super) fn digests<'a>(&'a self, judges: &'a [Function]) -> impl Iterator<Item = ContextDigest> + 'a {
        let judges = if self.verify_mode & VERIFY_PEER == 0 {
            &[]
        } else {
            judges
        };
        let judged = judges.iter().flat_map(|function| {
            let by = |alone| self.parts.clone().judged_by(alone, &function.module, function.offset);
            [false, true].map(|alone| by(alone).digest())
        });
        std::iter::once_with(|| self.parts.clone().digest()).chain(judged)
    }
}

impl ContextOptions {
    /// The functions that may verify clients.
    pub(super) fn judges(&self) -> Result<Vec<Function>, Failure> {
        self.program.as_deref().map_or_else(|| Ok(Vec::new()), functions::of)
    }

    /// All that fit what the user has said. `hostname`: what the client's session says that it asked for.
    pub(super) fn guesses(&self, hostname: Option<&[u8]>) -> Result<Vec<Guess>, Failure> {
        let authorities = self.client_ca.as_deref().map(Authorities::of_file).transpose()?;
        let authorities = authorities.unwrap_or_default();
        let modes = self
            .verify_mode
            .map_or(VERIFY_MODES, |mode| mode..mode.saturating_add(1));
        let mut guesses = Vec::new();
        for server in self.servers()? {
            let names = self.names(&server, hostname);
            for verify_mode in modes.clone() {
                let parts = ContextParts::of_context(&server.public_key, verify_mode);
                for parts in authorities.join(&parts, verify_mode) {
                    guesses.extend(names.iter().map(|name| Guess {
                        parts: parts.clone(),
                        verify_mode,
                        certificate: server.subject.clone(),
                        server_name: name.clone(),
                    }));
                }
            }
        }
        Ok(guesses)
    }

    /// What the user may add.
    pub(super) fn missing(&self) -> String {
        let missing = [
            (self.cert.is_empty(), "--cert (the server's certificate)"),
            (self.server_name.is_none(), "--server-name (what the client asked for)"),
            (self.client_ca.is_none(), "--client-ca (if the server verifies clients)"),
            (
                self.program.is_none(),
                "--program (likewise, where it does so with a function of its own)",
            ),
        ];
        let missing: Vec<&str> = missing.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
        match missing.as_slice() {
            [] => "check what --cert, --verify-mode, --client-ca, --program and --server-name say".to_owned(),
            _ if self.cert.is_empty() => format!("give {}", missing.join(", ")),
            _ => format!("check --cert, or give {}", missing.join(", ")),
        }
    }

    fn servers(&self) -> Result<Vec<Server>, Failure> {
        if self.cert.is_empty() {
            return Ok(vec![Server::without_certificate()]);
        }
        self.cert.iter().map(|path| Server::of_file(path)).collect()
    }

    fn names(&self, server: &Server, hostname: Option<&[u8]>) -> Vec<String> {
        if let Some(name) = &self.server_name {
            return vec![name.clone()];
        }
        let hostname = hostname.map(|name| String::from_utf8_lossy(name).into_owned());
        let mut names: Vec<String> = hostname.into_iter().chain([String::new()]).collect();
        names.extend(server.names.iter().cloned());
        names
    }
}

struct Server {
    /// As X509_pubkey_digest(3) computes it: over the key's bits alone.
    public_key: [u8; 32],
    subject: String,
    names: Vec<String>,
}

impl Server {
    fn without_certificate() -> Self {
        Self {
            public_key: [0; 32],
            subject: "none".to_owned(),
            names: Vec::new(),
        }
    }

    fn of_file(path: &Path) -> Result<Self, Failure> {
        // The first is the server's own; those of its issuers may follow.
        let certificate = certificates(path)?.into_iter().next();
        let certificate = certificate.ok_or_else(|| no_certificate(path))?;
        let body = certificate.tbs_certificate();
        let bits = body.subject_public_key_info().subject_public_key.raw_bytes();
        let names = body.get_extension::<SubjectAltName>().ok().flatten();
        let name = |name: GeneralName| match name {
            GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
            _ => None,
        };
        Ok(Self {
            public_key: Sha256::digest(bits).into(),
            subject: body.subject().to_string(),
            names: names.map_or_else(Vec::new, |(_, names)| names.0.into_iter().filter_map(name).collect()),
        })
    }
}

/// The CAs of clients.
#[derive(Default)]
struct Authorities {
    /// SHA-256 of each name, in the order of SSL_load_client_CA_file(3), which leaves out repetitions.
    names: Vec<[u8; 32]>,
    /// SHA-256 of each certificate.
    certificates: Vec<[u8; 32]>,
}

impl Authorities {
    fn of_file(path: &Path) -> Result<Self, Failure> {
        let mut all = Self::default();
        for certificate in certificates(path)? {
            let name = certificate.tbs_certificate().subject().to_der();
            let name = Sha256::digest(name.map_err(|_| no_certificate(path))?).into();
            if !all.names.contains(&name) {
                all.names.push(name);
            }
            let whole = certificate.to_der().map_err(|_| no_certificate(path))?;
            all.certificates.push(Sha256::digest(whole).into());
        }
        Ok(all)
    }

    /// Contexts that begin with `parts`, with the names sent to clients or kept back.
    fn join(&self, parts: &ContextParts, verify_mode: i32) -> Vec<ContextParts> {
        let named = self.names.iter().fold(parts.clone(), |parts, name| parts.part(name));
        if verify_mode & VERIFY_PEER == 0 {
            return vec![named];
        }
        let starts = if self.names.is_empty() {
            vec![named]
        } else {
            vec![named, parts.clone()]
        };
        let ways = FLAGS.iter().flat_map(|flags| DEPTHS.map(move |depth| (*flags, depth)));
        ways.flat_map(|(flags, depth)| {
            let trusting = |start: &ContextParts| start.clone().trusting(flags, depth, self.certificates.clone());
            starts.iter().map(trusting).collect::<Vec<_>>()
        })
        .collect()
    }
}

/// The certificates of a PEM file, or the one of a DER file.
fn certificates(path: &Path) -> Result<Vec<Certificate>, Failure> {
    let bytes = files::read(path)?;
    let mut ders = pem::blocks(std::str::from_utf8(&bytes).unwrap_or_default(), "CERTIFICATE");
    if ders.is_empty() {
        ders.push(bytes);
    }
    let parse = |der: &Zeroizing<Vec<u8>>| Certificate::from_der(der).map_err(|_| no_certificate(path));
    ders.iter().map(parse).collect()
}

fn no_certificate(path: &Path) -> Failure {
    Failure::new(format!("{} holds no certificate, neither PEM nor DER", path.display()))
}

/// Who a certificate is for, as RFC 4514 writes it.
pub(super) fn subject(der: &[u8]) -> Option<String> {
    let certificate = Certificate::from_der(der).ok()?;
    Some(certificate.tbs_certificate().subject().to_string())
}
