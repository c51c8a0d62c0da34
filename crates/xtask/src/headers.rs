//! Writes include/openssl/ssl.h, include/openssl/tls1.h and include/carnet.h from src/capi.
//!
//! cbindgen turns functions, types and constants into C with their doc comments; macros, which Rust does not have, come from
//! the files in fragments/. A header takes libcrypto's types from libcrypto's own headers.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cbindgen::{Config, DocumentationStyle, Language, RenameRule, SortKey, Style};

use crate::{Failure, Generated, root, sources, style};

/// Functions that OpenSSL declares in tls1.h.
const TLS1_FUNCTIONS: [&str; 13] = [
    "SSL_CTX_set_tlsext_max_fragment_length",
    "SSL_CTX_set_tlsext_ticket_key_cb",
    "SSL_CTX_set_tlsext_ticket_key_evp_cb",
    "SSL_check_chain",
    "SSL_export_keying_material",
    "SSL_export_keying_material_early",
    "SSL_get_peer_signature_type_nid",
    "SSL_get_servername",
    "SSL_get_servername_type",
    "SSL_get_shared_sigalgs",
    "SSL_get_sigalgs",
    "SSL_get_signature_type_nid",
    "SSL_set_tlsext_max_fragment_length",
];

/// Callback types that only functions of tls1.h use.
const TLS1_TYPES: [&str; 2] = ["SSL_ticket_key_cb", "SSL_ticket_key_evp_cb"];

/// Files with constants that OpenSSL defines in tls1.h.
const TLS1_CONSTANTS: [&str; 5] = [
    "tls1_alerts.rs",
    "tls_extensions.rs",
    "cipher_numbers.rs",
    "cipher_rfc_names.rs",
    "cipher_names.rs",
];

/// Files of carnet.h.
const CARNET_FILES: [&str; 5] = [
    "carnet_h.rs",
    "carnet_h_chain.rs",
    "carnet_h_requests.rs",
    "carnet_h_sessions.rs",
    "carnet_h_shared.rs",
];

/// The types that system headers define, and those that fragments/ssl_head.h does.
const ELSEWHERE: [&str; 4] = ["SSL_COMP", "ssl_comp_st", "off_t", "openssl_ssl_test_functions"];

/// The one enumeration. OpenSSL's has no tag, so the name of the type is an alias.
const STATES: &str = "OSSL_HANDSHAKE_STATE";

/// What newer versions of libssl have and OpenSSL 3.0's headers do not declare.
const NEWER: &str = "src/capi/newer/";

/// Files that have nothing for C in them.
const INTERNAL: [&str; 2] = ["entry.rs", "types.rs"];

/// What ssl.h needs of libcrypto.
const SSL_INCLUDES: [&str; 14] = [
    "openssl/e_os2.h",
    "openssl/types.h",
    "openssl/crypto.h",
    "openssl/safestack.h",
    "openssl/bio.h",
    "openssl/comp.h",
    "openssl/x509.h",
    "openssl/pem.h",
    "openssl/evp.h",
    "openssl/hmac.h",
    "openssl/ct.h",
    "openssl/async.h",
    "openssl/prov_ssl.h",
    "openssl/tls1.h",
];

/// What tls1.h needs of libcrypto.
const TLS1_INCLUDES: [&str; 6] = [
    "openssl/e_os2.h",
    "openssl/types.h",
    "openssl/evp.h",
    "openssl/hmac.h",
    "openssl/x509.h",
    "openssl/prov_ssl.h",
];

/// All three headers.
pub fn generate() -> Result<Vec<Generated>, Failure> {
    let files: Vec<PathBuf> = sources::files()?
        .into_iter()
        .filter(|path| !is_any(path, &INTERNAL) && !path.starts_with(root().join(NEWER)))
        .collect();
    let functions = sources::functions()?.into_iter();
    let declared = functions.filter(|(_, function)| !function.file.starts_with(NEWER));
    let functions: BTreeSet<String> = declared.map(|(name, _)| name).collect();
    let headers = vec![ssl(&files, &functions)?, tls1(&files, &functions)?, carnet(&files)?];
    for name in &functions {
        let declarations = [format!(" {name}("), format!("*{name}(")];
        if !headers
            .iter()
            .any(|header| declarations.iter().any(|declaration| header.text.contains(declaration)))
        {
            return Err(format!("{name} is in no header").into());
        }
    }
    Ok(headers)
}

fn ssl(files: &[PathBuf], functions: &BTreeSet<String>) -> Result<Generated, Failure> {
    let mut config = base(
        "CARNET_OPENSSL_SSL_H",
        "OpenSSL's libssl, as libcarnet implements it.",
        &SSL_INCLUDES,
    )?;
    config
        .export
        .exclude
        .extend(TLS1_FUNCTIONS.iter().chain(&TLS1_TYPES).map(ToString::to_string));
    config
        .export
        .exclude
        .extend(functions.iter().filter(|name| name.starts_with("carnet_")).cloned());
    config.export.include = typedefs(files, |name| !TLS1_TYPES.contains(&name))?;
    config.export.include.push(STATES.to_owned());
    config.export.exclude.push("StateNumber".to_owned());
    config.export.include.retain(|name| name != "StateNumber");
    config.export.rename.insert("StateNumber".to_owned(), STATES.to_owned());
    config.after_includes = Some(fragment("ssl_head.h")?);
    let sources = files
        .iter()
        .filter(|path| !is_any(path, &TLS1_CONSTANTS) && !is_any(path, &CARNET_FILES));
    write(config, sources, &fragment("ssl_tail.h")?, "include/openssl/ssl.h")
}

fn tls1(files: &[PathBuf], functions: &BTreeSet<String>) -> Result<Generated, Failure> {
    let mut config = base(
        "CARNET_OPENSSL_TLS1_H",
        "The part of libssl that OpenSSL keeps in tls1.h.",
        &TLS1_INCLUDES,
    )?;
    config.export.exclude.extend(
        functions
            .iter()
            .filter(|name| !TLS1_FUNCTIONS.contains(&name.as_str()))
            .cloned(),
    );
    config.export.include = TLS1_TYPES.iter().map(ToString::to_string).collect();
    let sources = files
        .iter()
        .filter(|path| (!in_constants(path) || is_any(path, &TLS1_CONSTANTS)) && !is_any(path, &CARNET_FILES));
    write(config, sources, &fragment("tls1_tail.h")?, "include/openssl/tls1.h")
}

fn carnet(files: &[PathBuf]) -> Result<Generated, Failure> {
    let about = "What libcarnet adds to OpenSSL's interface: ticket keys that rotate by themselves, and an end to chains of resumptions.";
    let mut config = base("CARNET_H", about, &["openssl/ssl.h"])?;
    config.sys_includes.push("time.h".to_owned());
    write(
        config,
        files.iter().filter(|path| is_any(path, &CARNET_FILES)),
        "",
        "include/carnet.h",
    )
}

/// The settings that all headers share.
fn base(guard: &str, about: &str, includes: &[&str]) -> Result<Config, Failure> {
    let mut config = Config::from_file(root().join("cbindgen.toml"))?;
    config.header = Some(format!(
        "/* {about}\n * Generated by `make generate` from src/capi: do not edit. */"
    ));
    config.include_guard = Some(guard.to_owned());
    config.sys_includes = ["stddef.h", "stdint.h"]
        .iter()
        .chain(includes)
        .map(ToString::to_string)
        .collect();
    config.language = Language::C;
    config.style = Style::Both;
    config.documentation_style = DocumentationStyle::C;
    config.function.rename_args = RenameRule::SnakeCase;
    config.function.sort_by = Some(SortKey::None);
    config.export.exclude.extend(ELSEWHERE.iter().map(ToString::to_string));
    config.export.rename.insert(
        "openssl_ssl_test_functions".to_owned(),
        "struct openssl_ssl_test_functions".to_owned(),
    );
    config.export.exclude.push("lhash_st_SSL_SESSION".to_owned());
    config
        .export
        .rename
        .insert("lhash_st_SSL_SESSION".to_owned(), "LHASH_OF(SSL_SESSION)".to_owned());
    for stack in stacks()? {
        config.export.exclude.push(format!("stack_st_{stack}"));
        config
            .export
            .rename
            .insert(format!("stack_st_{stack}"), format!("STACK_OF({stack})"));
        config
            .export
            .rename
            .insert(format!("STACK_OF_{stack}"), format!("STACK_OF({stack})"));
    }
    Ok(config)
}

fn write<'a>(
    config: Config,
    files: impl Iterator<Item = &'a PathBuf>,
    tail: &str,
    path: &str,
) -> Result<Generated, Failure> {
    let mut config = config;
    let mut builder = cbindgen::Builder::new();
    let mut strings = String::new();
    for file in files {
        builder = builder.with_src(alone(file)?);
        add_strings(&fs::read_to_string(file)?, &mut strings);
    }
    config.after_includes = Some(config.after_includes.unwrap_or_default() + &strings);
    let builder = builder.with_config(config);
    let mut header = Vec::new();
    builder.generate()?.write(&mut header);
    let header = String::from_utf8(header)?;
    let Some((body, end)) = header.rsplit_once("#endif") else {
        return Err(format!("{path}: no include guard").into());
    };
    let tail = if tail.is_empty() {
        String::new()
    } else {
        format!("{tail}\n")
    };
    Ok(Generated {
        path: root().join(path),
        text: format!("{}{tail}#endif{end}", style::for_c(body)),
    })
}

/// A file that cbindgen will not leave for others: it follows `mod x;`, and each file is to be read once.
fn alone(file: &Path) -> Result<PathBuf, Failure> {
    if !is_any(file, &["mod.rs"]) {
        return Ok(file.to_path_buf());
    }
    let text = fs::read_to_string(file)?;
    let kept = text
        .lines()
        .filter(|line| !(line.contains("mod ") && line.ends_with(';')));
    let directory = root().join("target/xtask");
    fs::create_dir_all(&directory)?;
    let name: Vec<_> = file
        .strip_prefix(root())?
        .iter()
        .map(|part| part.to_string_lossy())
        .collect();
    let copy = directory.join(name.join("-"));
    fs::write(&copy, kept.collect::<Vec<_>>().join("\n"))?;
    Ok(copy)
}

/// String constants, which cbindgen leaves out.
fn add_strings(source: &str, strings: &mut String) {
    for line in source.lines() {
        let constant = line
            .strip_prefix("pub const ")
            .and_then(|rest| rest.split_once(": &str = "));
        if let Some((name, value)) = constant {
            strings.push_str(&format!("\n#define {name} {}", value.trim_end_matches(';')));
        }
    }
}

/// The element types of the stacks that prototypes mention.
fn stacks() -> Result<BTreeSet<String>, Failure> {
    let mut stacks = BTreeSet::new();
    for path in sources::files()? {
        let text = fs::read_to_string(path)?;
        for prefix in ["stack_st_", "STACK_OF_"] {
            for rest in text.split(prefix).skip(1) {
                stacks.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            }
        }
    }
    Ok(stacks)
}

/// Callback types by name: cbindgen leaves out those that no function mentions unless it is told.
fn typedefs(files: &[PathBuf], wanted: impl Fn(&str) -> bool) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for path in files {
        for rest in fs::read_to_string(path)?.split("\npub type ").skip(1) {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if wanted(&name) {
                names.push(name);
            }
        }
    }
    Ok(names)
}

fn fragment(name: &str) -> Result<String, Failure> {
    Ok(fs::read_to_string(root().join("crates/xtask/fragments").join(name))?)
}

fn is_any(path: &Path, names: &[&str]) -> bool {
    path.file_name()
        .is_some_and(|file| names.iter().any(|name| file == *name))
}

fn in_constants(path: &Path) -> bool {
    path.parent().is_some_and(|parent| parent.ends_with("constants"))
}
