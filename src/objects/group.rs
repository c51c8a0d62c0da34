//! Key exchange groups and their names (`SSL_CTX_set1_groups_list(3)`).

use std::ffi::CStr;

use crate::error::{Common, Error, Reason, Result};

/// A group that the interface can name.
#[derive(Debug)]
pub struct Group {
    /// The number on the wire.
    pub code: u16,
    /// OpenSSL's NID; 0 when it has none.
    pub nid: i32,
    /// The name that `SSL_group_to_name(3)` gives.
    pub name: &'static CStr,
    aliases: &'static [&'static str],
    supported: bool,
}

const fn group(code: u16, nid: i32, name: &'static CStr, aliases: &'static [&'static str], supported: bool) -> Group {
    Group {
        code,
        nid,
        name,
        aliases,
        supported,
    }
}

/// Groups by OpenSSL's names; those that are not supported may stand in a list, and are left out.
pub static ALL: &[Group] = &[
    group(0x001d, 1034, c"x25519", &["X25519"], true),
    group(0x0017, 415, c"secp256r1", &["P-256", "prime256v1"], true),
    group(0x0018, 715, c"secp384r1", &["P-384"], true),
    group(0x11ec, 0, c"X25519MLKEM768", &["x25519mlkem768"], true),
    group(0x001e, 1035, c"x448", &["X448"], false),
    group(0x0019, 716, c"secp521r1", &["P-521"], true),
    group(0x001a, 927, c"brainpoolP256r1", &[], false),
    group(0x001b, 931, c"brainpoolP384r1", &[], false),
    group(0x001c, 933, c"brainpoolP512r1", &[], false),
    group(0x0016, 714, c"secp256k1", &[], false),
    group(0x0100, 1126, c"ffdhe2048", &[], false),
    group(0x0101, 1127, c"ffdhe3072", &[], false),
    group(0x0102, 1128, c"ffdhe4096", &[], false),
    group(0x0103, 1129, c"ffdhe6144", &[], false),
    group(0x0104, 1130, c"ffdhe8192", &[], false),
];

/// A client's default: OpenSSL's order, limited to what we have. It sends one key share, for the first.
pub const CLIENT_DEFAULT: &[u16] = &[0x001d, 0x0017, 0x0019, 0x0018];
/// A server's default: post-quantum for clients that ask for it.
pub const SERVER_DEFAULT: &[u16] = &[0x11ec, 0x001d, 0x0017, 0x0019, 0x0018];

/// The group with this number.
pub fn find(code: u16) -> Option<&'static Group> {
    ALL.iter().find(|group| group.code == code)
}

/// How strong a group is, as OpenSSL counts (`SSL_CTX_set_security_level(3)`).
pub fn security_bits(code: u16) -> i32 {
    match code {
        0x001d | 0x0017 => 128,
        0x0018 | 0x11ec => 192,
        0x001e => 224,
        0x0019 => 256,
        _ => 0,
    }
}

/// `SSL_CTX_set1_groups_list(3)`. Refused: a list with an unknown name (which the error names) or a repeated one, or
/// without any group that we have.
pub fn parse_list(list: &str) -> Result<Vec<u16>> {
    if list.is_empty() {
        return Err(Error::Silent);
    }
    let groups = list.split(':').map(by_name).collect::<Result<Vec<_>>>()?;
    collect(&groups).ok_or(Error::Silent)
}

fn by_name(name: &str) -> Result<&'static Group> {
    let named = |group: &&Group| group.name.to_bytes() == name.as_bytes() || group.aliases.contains(&name);
    ALL.iter()
        .find(named)
        .ok_or_else(|| Error::CommonData(Common::PassedInvalidArgument, format!("group '{name}' cannot be set")))
}

/// `SSL_CTX_set1_groups(3)`: by NID.
pub fn from_nids(nids: &[i32]) -> Result<Vec<u16>> {
    if nids.is_empty() {
        return Err(Reason::BAD_LENGTH.into());
    }
    let by_nid = |nid: &i32| ALL.iter().find(|group| group.nid == *nid && *nid != 0);
    let groups = nids
        .iter()
        .map(by_nid)
        .collect::<Option<Vec<_>>>()
        .ok_or(Error::Silent)?;
    collect(&groups).ok_or(Error::Silent)
}

fn collect(groups: &[&Group]) -> Option<Vec<u16>> {
    let repeated = groups
        .iter()
        .enumerate()
        .any(|(at, group)| groups.iter().take(at).any(|g| g.code == group.code));
    let codes: Vec<u16> = groups
        .iter()
        .filter(|group| group.supported)
        .map(|group| group.code)
        .collect();
    (!repeated && !codes.is_empty()).then_some(codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_by_name_and_by_number() {
        assert_eq!(parse_list("X25519:P-256:secp384r1"), Ok(vec![0x1d, 0x17, 0x18]));
        assert_eq!(parse_list("P-521:X448:X25519MLKEM768"), Ok(vec![0x19, 0x11ec]));
        assert_eq!(parse_list("X448"), Err(Error::Silent));
        assert!(matches!(
            parse_list("foo:P-256"),
            Err(Error::CommonData(Common::PassedInvalidArgument, _))
        ));
        assert_eq!(parse_list("P-256:prime256v1"), Err(Error::Silent));
        assert_eq!(from_nids(&[415, 1034]), Ok(vec![0x17, 0x1d]));
        assert_eq!(from_nids(&[0]), Err(Error::Silent));
        assert_eq!(from_nids(&[]), Err(Reason::BAD_LENGTH.into()));
    }
}
