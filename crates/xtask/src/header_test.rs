//! Compares our headers with the system's OpenSSL, as far as a compiler can see: the value of every constant, the type of
//! every function, the arity of every macro.
//!
//! The C files that do it are written here and compiled at once. Ours are OpenSSL 3.0's headers: where the system has later
//! ones, which add, rename and renumber, nothing is compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs, io::Write as _};

use crate::{Failure, root};

/// What both sides include beforehand, so that libcrypto's macros are not counted as either's.
const LIBCRYPTO: [&str; 12] = [
    "crypto.h",
    "safestack.h",
    "bio.h",
    "comp.h",
    "x509.h",
    "pem.h",
    "evp.h",
    "hmac.h",
    "ct.h",
    "async.h",
    "prov_ssl.h",
    "engine.h",
];

/// The system's side.
const SYSTEM: &str = "#include <openssl/ssl.h>\n#include <openssl/tls1.h>\n";

/// Ours is found first with `-I include`.
const OURS: &str = SYSTEM;

/// Where ours differs in kind: the type of the state, whose tag OpenSSL's lacks, and structures, which C lets nobody define
/// twice even if they are equal. Their names are changed before both are put together.
const RENAMED: [&str; 7] = [
    "OSSL_HANDSHAKE_STATE",
    "SSL_get_state",
    "srtp_protection_profile_st",
    "SRTP_PROTECTION_PROFILE",
    "SSL_get_selected_srtp_profile",
    "tls_session_ticket_ext_st",
    "TLS_SESSION_TICKET_EXT",
];

/// Runs every comparison, with its files in `directory`.
pub fn generate(directory: &Path) -> Result<(), Failure> {
    let version = system_version()?;
    if version != "3.0" {
        println!("headers: not compared with those of OpenSSL {version}; ours are 3.0's");
        return Ok(());
    }
    fs::create_dir_all(directory)?;
    let system = macros(SYSTEM, &[])?;
    let include = format!("-I{}", root().join("include").display());
    let ours = macros(OURS, &[&include])?;

    missing(&system, &ours)?;
    invented(&system, &ours)?;
    let constants = constants(directory, &system, &ours)?;
    compile(directory, "constants.c", &constants, &[&include])?;
    compile(directory, "prototypes.c", &prototypes(&system), &[])?;
    println!(
        "headers: {} macros and every prototype agree with the system's",
        ours.len()
    );
    Ok(())
}

/// Of the system's headers, such as 3.0.
fn system_version() -> Result<String, Failure> {
    let listing = preprocess("#include <openssl/opensslv.h>\n", &[])?;
    let number = |name: &str| {
        let start = format!("#define OPENSSL_VERSION_{name} ");
        listing
            .lines()
            .find_map(|line| line.strip_prefix(&start))
            .unwrap_or_default()
    };
    Ok(format!("{}.{}", number("MAJOR"), number("MINOR")))
}

/// A macro.
#[derive(Debug, Clone)]
struct Macro {
    /// How many parameters, if it is like a function.
    parameters: Option<usize>,
    /// Whether it stands for the name of something that is not a constant.
    is_alias: bool,
}

/// The macros that a translation unit defines beyond libcrypto's.
fn macros(source: &str, flags: &[&str]) -> Result<BTreeMap<String, Macro>, Failure> {
    let base: String = LIBCRYPTO
        .iter()
        .map(|header| format!("#include <openssl/{header}>\n"))
        .collect();
    let before: BTreeSet<String> = definitions(&base, flags)?.into_keys().collect();
    let mut all = definitions(&format!("{base}{source}"), flags)?;
    all.retain(|name, _| !before.contains(name));
    Ok(all)
}

fn definitions(source: &str, flags: &[&str]) -> Result<BTreeMap<String, Macro>, Failure> {
    let listing = preprocess(source, flags)?;
    let mut found = BTreeMap::new();
    for line in listing.lines() {
        let Some(rest) = line.strip_prefix("#define ") else {
            continue;
        };
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let parameters = rest[name.len()..]
            .strip_prefix('(')
            .and_then(|rest| rest.split(')').next())
            .map(|list| {
                if list.trim().is_empty() {
                    0
                } else {
                    list.split(',').count()
                }
            });
        let body = rest[name.len()..].trim();
        let is_name = body.chars().all(|c| c.is_alphanumeric() || c == '_') && body.starts_with("SSL")
            || body.starts_with("TLS_");
        let is_alias = is_name && body.chars().any(char::is_lowercase);
        found.insert(name, Macro { parameters, is_alias });
    }
    Ok(found)
}

fn preprocess(source: &str, flags: &[&str]) -> Result<String, Failure> {
    let mut child = Command::new(compiler())
        .args(["-E", "-dM", "-x", "c"])
        .args(flags)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(source.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err("the preprocessor failed".into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Macros of the system's that ours leave out, or have with other parameters.
fn missing(system: &BTreeMap<String, Macro>, ours: &BTreeMap<String, Macro>) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for (name, theirs) in system {
        let internal = name.starts_with("HEADER_")
            || name.starts_with("sk_")
            // Codes of functions, zero since OpenSSL 3.0.
            || name.starts_with("SSL_F_")
            || (name.starts_with("OPENSSL_") && name.ends_with("_H"))
            // A function of ours, so that its argument has a type.
            || name == "SSL_CTX_set_tlsext_ticket_key_cb";
        match ours.get(name) {
            None if !internal => wrong.push(format!("{name} is missing")),
            Some(own) if own.parameters != theirs.parameters => wrong.push(format!("{name} has other parameters")),
            _ => {}
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n").into())
    }
}

/// Macros of ours that the system's headers have not, and that by their names could be an application's.
fn invented(system: &BTreeMap<String, Macro>, ours: &BTreeMap<String, Macro>) -> Result<(), Failure> {
    // SSL_: OpenSSL has some of them as enumerations.
    let wrong: Vec<&str> = ours
        .keys()
        .map(String::as_str)
        .filter(|name| !system.contains_key(*name) && !name.starts_with("SSL_") && !name.starts_with("CARNET_"))
        .collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("no macros of OpenSSL's: {}", wrong.join(", ")).into())
    }
}

/// A file of assertions with the system's values, for compilation with our headers.
fn constants(
    directory: &Path,
    system: &BTreeMap<String, Macro>,
    ours: &BTreeMap<String, Macro>,
) -> Result<String, Failure> {
    let mut program = String::from("#include <stdio.h>\n");
    program.push_str(SYSTEM);
    program.push_str(
        "static void text(const char *name, const char *value) {\n\
         \x20   printf(\"_Static_assert(__builtin_strcmp(%s, \\\"%s\\\") == 0, \\\"%s\\\");\\n\", name, value, name);\n}\n\
         static void number(const char *name, long long value) {\n\
         \x20   printf(\"_Static_assert((long long)(%s) == %lldLL, \\\"%s\\\");\\n\", name, value, name);\n}\n\
         #define SHOW(name) _Generic((name), char *: text, const char *: text, default: number)(#name, (name))\n\
         int main(void)\n{\n",
    );
    let objects = ours
        .iter()
        .filter(|(name, own)| own.parameters.is_none() && !own.is_alias && !name.ends_with("_H"));
    for (name, _) in objects.filter(|(name, _)| system.contains_key(*name)) {
        writeln!(program, "    SHOW({name});")?;
    }
    for state in states()? {
        writeln!(program, "    number(\"{state}\", {state});")?;
    }
    program.push_str("    return 0;\n}\n");

    let (source, binary) = (directory.join("values.c"), directory.join("values"));
    fs::write(&source, program)?;
    run(Command::new(compiler()).arg("-w").arg("-o").arg(&binary).arg(&source))?;
    let assertions = Command::new(&binary).output()?;
    Ok(format!(
        "{OURS}{}int everything_agrees;\n",
        String::from_utf8(assertions.stdout)?
    ))
}

/// The enumerators of the handshake's states.
fn states() -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(root().join("src/capi/constants/states.rs"))?;
    let enumerators = text
        .lines()
        .filter_map(|line| line.strip_prefix("    ")?.strip_suffix(','));
    Ok(enumerators
        .filter(|name| name.contains("TLS_ST_"))
        .map(str::to_owned)
        .collect())
}

/// Both headers in one file: C refuses a second declaration that differs from the first.
fn prototypes(system: &BTreeMap<String, Macro>) -> String {
    let mut source: String = LIBCRYPTO
        .iter()
        .map(|header| format!("#include <openssl/{header}>\n"))
        .collect();
    source.push_str(SYSTEM);
    for name in system.keys() {
        source.push_str(&format!("#undef {name}\n"));
    }
    for name in RENAMED
        .into_iter()
        .map(str::to_owned)
        .chain(states().unwrap_or_default())
    {
        source.push_str(&format!("#define {name} carnet_{name}\n"));
    }
    let include = root().join("include");
    source.push_str(&format!("#include \"{}\"\n", include.join("openssl/tls1.h").display()));
    source.push_str(&format!("#include \"{}\"\n", include.join("openssl/ssl.h").display()));
    for name in RENAMED {
        source.push_str(&format!("#undef {name}\n"));
    }
    source.push_str(
        "_Static_assert(sizeof(struct carnet_srtp_protection_profile_st) == sizeof(SRTP_PROTECTION_PROFILE), \"profile\");\n\
         _Static_assert(sizeof(struct carnet_tls_session_ticket_ext_st) == 16, \"ticket\");\n",
    );
    source
}

fn compile(directory: &Path, name: &str, source: &str, flags: &[&str]) -> Result<(), Failure> {
    let path = directory.join(name);
    fs::write(&path, source)?;
    let warnings = [
        "-std=c11",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wno-unused-function",
        "-Wno-deprecated-declarations",
    ];
    run(Command::new(compiler())
        .args(warnings)
        .args(flags)
        .arg("-c")
        .arg("-o")
        .arg(path.with_extension("o"))
        .arg(&path))
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?}: {status}").into())
    }
}

fn compiler() -> String {
    env::var("CC").unwrap_or_else(|_| "cc".to_owned())
}
