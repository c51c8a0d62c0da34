//! SSL_CONF_CTX: settings by name and value, from files and command lines (`SSL_CONF_cmd(3)`).
//!
//! [`commands`] knows the names, [`values`] turns a value into [`Change`]s; whoever holds the target applies them.

pub mod commands;
pub mod values;

use std::ffi::{CStr, CString};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::handles::{Kind, Named, Registry, SSL, SSL_CONF_CTX, SSL_CTX};
use crate::libcrypto::stack::NameStack;
use commands::{CERTIFICATE, CMDLINE, Command, FILE};

/// The object behind an `SSL_CONF_CTX *`.
#[derive(Default)]
pub struct Configuration {
    state: Mutex<State>,
}

/// What a configuration remembers between its commands.
#[derive(Default)]
pub struct State {
    /// `SSL_CONF_CTX_set_flags(3)`
    pub flags: u32,
    /// `SSL_CONF_CTX_set1_prefix(3)`
    pub prefix: Option<CString>,
    /// What the commands change.
    pub target: Target,
    /// Certificate files whose keys have not come yet.
    pub without_key: Vec<CString>,
    /// Names to ask clients' certificates for, until `SSL_CONF_CTX_finish(3)`.
    pub ca_names: Option<NameStack>,
}

/// What the commands change. The handles are looked up anew by every command, and may have gone stale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Target {
    /// Nothing: values are checked as far as that is possible.
    #[default]
    Nothing,
    /// `SSL_CONF_CTX_set_ssl_ctx(3)`
    Context(usize),
    /// `SSL_CONF_CTX_set_ssl(3)`
    Connection(usize),
}

impl Target {
    /// A context; NULL for nothing.
    pub fn context(ctx: *mut SSL_CTX) -> Self {
        if ctx.is_null() {
            Self::Nothing
        } else {
            Self::Context(ctx.addr())
        }
    }

    /// A connection; NULL for nothing.
    pub fn connection(ssl: *mut SSL) -> Self {
        if ssl.is_null() {
            Self::Nothing
        } else {
            Self::Connection(ssl.addr())
        }
    }
}

static REGISTRY: Registry<Configuration> = Registry::new();

impl Named for Configuration {
    type C = SSL_CONF_CTX;
    const KIND: Kind = Kind::Configuration;
    fn registry() -> &'static Registry<Self> {
        &REGISTRY
    }
}

impl Configuration {
    /// The state, for the time of one call.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The command that `name`, as the application wrote it, means under the flags and the prefix that are set.
    pub fn command(&self, name: &CStr) -> Option<&'static Command> {
        let name = self.without_prefix(name.to_bytes())?;
        commands::ALL
            .iter()
            .find(|command| command.is_allowed(self.flags) && command.is_called(name, self.flags))
    }

    /// Whether certificates and keys may be loaded.
    pub fn takes_certificates(&self) -> bool {
        self.flags & CERTIFICATE != 0
    }

    /// A prefix must be there and something after it. Without one, command lines have `-`.
    fn without_prefix<'a>(&self, name: &'a [u8]) -> Option<&'a [u8]> {
        let prefix = match &self.prefix {
            Some(prefix) => prefix.to_bytes(),
            None if self.flags & CMDLINE != 0 => b"-",
            None => b"",
        };
        let (start, rest) = name.split_at_checked(prefix.len())?;
        let equal = (self.flags & CMDLINE != 0 && start == prefix)
            || (self.flags & FILE != 0 && start.eq_ignore_ascii_case(prefix))
            || prefix.is_empty();
        (equal && !rest.is_empty()).then_some(rest)
    }
}

/// One thing to do to the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// `SSL_CTX_set_options(3)` (true) or `SSL_CTX_clear_options(3)`
    Options(u64, bool),
    /// Bits of `SSL_CTX_set_verify(3)`, to be set (true) or cleared.
    VerifyMode(i32, bool),
    /// `SSL_CTX_set_cert_flags(3)`
    CertificateFlags(i64),
    /// `SSL_CTX_set_min_proto_version(3)`
    MinVersion(u16),
    /// `SSL_CTX_set_max_proto_version(3)`
    MaxVersion(u16),
    /// `SSL_CTX_set_cipher_list(3)`
    CipherList(CString),
    /// `SSL_CTX_set_ciphersuites(3)`
    Ciphersuites(CString),
    /// `SSL_CTX_set1_groups_list(3)`
    Groups(CString),
    /// `SSL_CTX_set1_sigalgs_list(3)`
    Schemes(CString),
    /// `SSL_CTX_set1_client_sigalgs_list(3)`
    ClientSchemes(CString),
    /// `SSL_CTX_use_certificate_chain_file(3)`
    Certificate(CString),
    /// `SSL_CTX_use_PrivateKey_file(3)`
    PrivateKey(CString),
    /// `SSL_CTX_use_serverinfo_file(3)`
    ServerInfo(CString),
    /// `SSL_CTX_set0_tmp_dh_pkey(3)`
    DhParameters(CString),
    /// `SSL_CTX_set1_chain_cert_store(3)` or `SSL_CTX_set1_verify_cert_store(3)`
    Store(Purpose, Source, CString),
    /// `SSL_CTX_set0_CA_list(3)`
    CaNames(Source, CString),
    /// `SSL_CTX_set_block_padding(3)`
    BlockPadding(usize),
    /// `SSL_CTX_set_num_tickets(3)`
    NumTickets(usize),
}

/// What a certificate store is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To complete the own chain.
    Chain,
    /// To verify the peer's.
    Verify,
}

/// Where certificates come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A file of PEM.
    File,
    /// A directory of files named by hash.
    Directory,
    /// A URI for OSSL_STORE.
    Uri,
}

#[cfg(test)]
mod tests {
    use super::commands::{CLIENT, SERVER};
    use super::*;

    fn state(flags: u32, prefix: Option<&CStr>) -> State {
        State {
            flags,
            prefix: prefix.map(CStr::to_owned),
            ..State::default()
        }
    }

    #[test]
    fn command_lines_want_a_dash_and_the_exact_name() {
        let state = state(CMDLINE, None);
        assert!(state.command(c"-groups").is_some());
        for name in [c"groups", c"-GROUPS", c"-", c"", c"--groups", c"-Options"] {
            assert!(state.command(name).is_none(), "{name:?}");
        }
    }

    #[test]
    fn files_do_not_mind_case() {
        let state = state(FILE, None);
        assert!(state.command(c"cipherstring").is_some());
        assert!(state.command(c"-CipherString").is_none());
        assert!(state.command(c"no_tls1_3").is_none());
    }

    #[test]
    fn prefix_replaces_the_dash() {
        assert!(state(CMDLINE, Some(c"--tls-")).command(c"--tls-groups").is_some());
        assert!(state(CMDLINE, Some(c"--tls-")).command(c"--TLS-groups").is_none());
        assert!(state(FILE, Some(c"SSL")).command(c"sslGroups").is_some());
        assert!(state(FILE, Some(c"SSL")).command(c"SSL").is_none());
    }

    #[test]
    fn commands_need_their_side_and_permission() {
        assert!(state(FILE, None).command(c"NumTickets").is_none());
        assert!(state(FILE | SERVER, None).command(c"NumTickets").is_some());
        assert!(
            state(CMDLINE | SERVER, None)
                .command(c"-legacy_server_connect")
                .is_none()
        );
        assert!(
            state(CMDLINE | CLIENT, None)
                .command(c"-legacy_server_connect")
                .is_some()
        );
        assert!(state(FILE, None).command(c"Certificate").is_none());
        assert!(state(FILE | CERTIFICATE, None).command(c"Certificate").is_some());
    }
}
