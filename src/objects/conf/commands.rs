//! The commands: their names in files and on command lines, who may use them, and what their values are.

use super::values::{Parse, Switch};

/// Names as on a command line.
pub const CMDLINE: u32 = 0x1;
/// Names as in a file.
pub const FILE: u32 = 0x2;
/// Clients' commands.
pub const CLIENT: u32 = 0x4;
/// Servers' commands.
pub const SERVER: u32 = 0x8;
/// Put failures on the error queue.
pub const SHOW_ERRORS: u32 = 0x10;
/// Certificates and keys.
pub const CERTIFICATE: u32 = 0x20;
/// Every certificate needs its key in the end.
pub const REQUIRE_PRIVATE: u32 = 0x40;

/// What a command's value is: the answers of `SSL_CONF_cmd_value_type(3)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// Text.
    String = 1,
    /// The name of a file.
    File = 2,
    /// The name of a directory.
    Directory = 3,
    /// There is none.
    None = 4,
    /// The URI of a store.
    Store = 5,
}

/// A command.
#[derive(Debug)]
pub struct Command {
    /// Its name in files; empty when it has none.
    file: &'static str,
    /// Its name on command lines; empty when it has none.
    line: &'static str,
    /// The flags that must all be set for it to exist.
    needs: u32,
    /// What its value is.
    pub value_type: ValueType,
    /// What its value means.
    pub meaning: Meaning,
}

/// What a command does with its value.
#[derive(Debug, Clone, Copy)]
pub enum Meaning {
    /// It has no value.
    Switch(Switch),
    /// The value is parsed.
    Value(Parse),
}

impl Command {
    /// Whether the flags let it be used at all.
    pub fn is_allowed(&self, flags: u32) -> bool {
        flags & self.needs == self.needs
    }

    /// Whether `name`, without a prefix, is its name: exactly on a command line, in any case in a file.
    pub fn is_called(&self, name: &[u8], flags: u32) -> bool {
        (flags & CMDLINE != 0 && !self.line.is_empty() && self.line.as_bytes() == name)
            || (flags & FILE != 0 && !self.file.is_empty() && self.file.as_bytes().eq_ignore_ascii_case(name))
    }
}

const fn switch(line: &'static str, needs: u32, switch: Switch) -> Command {
    Command {
        file: "",
        line,
        needs,
        value_type: ValueType::None,
        meaning: Meaning::Switch(switch),
    }
}

const fn text(file: &'static str, line: &'static str, needs: u32, parse: Parse) -> Command {
    Command {
        file,
        line,
        needs,
        value_type: ValueType::String,
        meaning: Meaning::Value(parse),
    }
}

const fn path(file: &'static str, line: &'static str, needs: u32, value_type: ValueType, parse: Parse) -> Command {
    Command {
        file,
        line,
        needs: needs | CERTIFICATE,
        value_type,
        meaning: Meaning::Value(parse),
    }
}

/// Every command of OpenSSL 3.0.
pub const ALL: &[Command] = &[
    switch("no_ssl3", 0, Switch::Set(NO_SSL3)),
    switch("no_tls1", 0, Switch::Set(NO_TLS1)),
    switch("no_tls1_1", 0, Switch::Set(NO_TLS1_1)),
    switch("no_tls1_2", 0, Switch::Set(NO_TLS1_2)),
    switch("no_tls1_3", 0, Switch::Set(NO_TLS1_3)),
    switch("bugs", 0, Switch::Set(BUGS)),
    switch("no_comp", 0, Switch::Set(NO_COMPRESSION)),
    switch("comp", 0, Switch::Clear(NO_COMPRESSION)),
    switch("ecdh_single", SERVER, Switch::Set(0)),
    switch("no_ticket", 0, Switch::Set(NO_TICKET)),
    switch("serverpref", SERVER, Switch::Set(SERVER_PREFERENCE)),
    switch("legacy_renegotiation", 0, Switch::Set(UNSAFE_RENEGOTIATION)),
    switch("client_renegotiation", SERVER, Switch::Set(CLIENT_RENEGOTIATION)),
    switch("legacy_server_connect", CLIENT, Switch::Set(LEGACY_SERVER_CONNECT)),
    switch("no_legacy_server_connect", CLIENT, Switch::Clear(LEGACY_SERVER_CONNECT)),
    switch("no_renegotiation", 0, Switch::Set(NO_RENEGOTIATION)),
    switch(
        "no_resumption_on_reneg",
        SERVER,
        Switch::Set(NO_RESUMPTION_ON_RENEGOTIATION),
    ),
    switch("allow_no_dhe_kex", 0, Switch::Set(ALLOW_NO_DHE_KEX)),
    switch("prioritize_chacha", SERVER, Switch::Set(PRIORITIZE_CHACHA)),
    switch("strict", 0, Switch::StrictCertificates),
    switch("no_middlebox", 0, Switch::Clear(MIDDLEBOX_COMPAT)),
    switch("anti_replay", SERVER, Switch::Clear(NO_ANTI_REPLAY)),
    switch("no_anti_replay", SERVER, Switch::Set(NO_ANTI_REPLAY)),
    switch("no_etm", 0, Switch::Set(NO_ENCRYPT_THEN_MAC)),
    text("SignatureAlgorithms", "sigalgs", 0, Parse::Schemes),
    text("ClientSignatureAlgorithms", "client_sigalgs", 0, Parse::ClientSchemes),
    text("Curves", "curves", 0, Parse::Groups),
    text("Groups", "groups", 0, Parse::Groups),
    text("ECDHParameters", "named_curve", SERVER, Parse::OneGroup),
    text("CipherString", "cipher", 0, Parse::CipherList),
    text("Ciphersuites", "ciphersuites", 0, Parse::Ciphersuites),
    text("Protocol", "", 0, Parse::Protocols),
    text("MinProtocol", "min_protocol", 0, Parse::MinVersion),
    text("MaxProtocol", "max_protocol", 0, Parse::MaxVersion),
    text("Options", "", 0, Parse::Options),
    text("VerifyMode", "", 0, Parse::VerifyMode),
    text("RecordPadding", "record_padding", 0, Parse::BlockPadding),
    text("NumTickets", "num_tickets", SERVER, Parse::NumTickets),
    path("Certificate", "cert", 0, ValueType::File, Parse::Certificate),
    path("PrivateKey", "key", 0, ValueType::File, Parse::PrivateKey),
    path("ServerInfoFile", "", SERVER, ValueType::File, Parse::ServerInfo),
    path(
        "ChainCAPath",
        "chainCApath",
        0,
        ValueType::Directory,
        Parse::ChainDirectory,
    ),
    path("ChainCAFile", "chainCAfile", 0, ValueType::File, Parse::ChainFile),
    path("ChainCAStore", "chainCAstore", 0, ValueType::Store, Parse::ChainUri),
    path(
        "VerifyCAPath",
        "verifyCApath",
        0,
        ValueType::Directory,
        Parse::VerifyDirectory,
    ),
    path("VerifyCAFile", "verifyCAfile", 0, ValueType::File, Parse::VerifyFile),
    path("VerifyCAStore", "verifyCAstore", 0, ValueType::Store, Parse::VerifyUri),
    path("RequestCAFile", "requestCAFile", 0, ValueType::File, Parse::NamesFile),
    path("ClientCAFile", "", SERVER, ValueType::File, Parse::NamesFile),
    path("RequestCAPath", "", 0, ValueType::Directory, Parse::NamesDirectory),
    path("ClientCAPath", "", SERVER, ValueType::Directory, Parse::NamesDirectory),
    path("RequestCAStore", "requestCAStore", 0, ValueType::Store, Parse::NamesUri),
    path("ClientCAStore", "", SERVER, ValueType::Store, Parse::NamesUri),
    path("DHParameters", "dhparam", SERVER, ValueType::File, Parse::DhParameters),
];

// Bits of SSL_CTX_set_options(3).
pub(super) const NO_EXTENDED_MASTER_SECRET: u64 = 1;
pub(super) const LEGACY_SERVER_CONNECT: u64 = 1 << 2;
pub(super) const KERNEL_TLS: u64 = 1 << 3;
pub(super) const CLIENT_RENEGOTIATION: u64 = 1 << 8;
pub(super) const DISABLE_CA_NAMES: u64 = 1 << 9;
pub(super) const ALLOW_NO_DHE_KEX: u64 = 1 << 10;
pub(super) const DONT_INSERT_EMPTY_FRAGMENTS: u64 = 1 << 11;
pub(super) const NO_TICKET: u64 = 1 << 14;
pub(super) const NO_RESUMPTION_ON_RENEGOTIATION: u64 = 1 << 16;
pub(super) const NO_COMPRESSION: u64 = 1 << 17;
pub(super) const UNSAFE_RENEGOTIATION: u64 = 1 << 18;
pub(super) const NO_ENCRYPT_THEN_MAC: u64 = 1 << 19;
pub(super) const MIDDLEBOX_COMPAT: u64 = 1 << 20;
pub(super) const PRIORITIZE_CHACHA: u64 = 1 << 21;
pub(super) const SERVER_PREFERENCE: u64 = 1 << 22;
pub(super) const NO_ANTI_REPLAY: u64 = 1 << 24;
pub(super) const NO_SSL3: u64 = 1 << 25;
pub(super) const NO_TLS1: u64 = 1 << 26;
pub(super) const NO_TLS1_2: u64 = 1 << 27;
pub(super) const NO_TLS1_1: u64 = 1 << 28;
pub(super) const NO_TLS1_3: u64 = 1 << 29;
pub(super) const NO_RENEGOTIATION: u64 = 1 << 30;
/// `SSL_OP_ALL`
pub(super) const BUGS: u64 = 0x8000_0850;
