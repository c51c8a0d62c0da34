//! PEM (RFC 7468), as far as files of certificates and sessions need it: other blocks, keys among them, are passed over.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// What stands between `BEGIN label` and `END label`, decoded, for each block with this label.
pub(crate) fn blocks(text: &str, label: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let bodies = text.split(begin.as_str()).skip(1);
    let body = |part: &str| decode_base64(part.split_once(end.as_str())?.0);
    bodies.filter_map(body).collect()
}

/// Base64, over as many lines as there are. A session has secrets in it, so nothing is left behind.
pub(crate) fn decode_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut letters = Zeroizing::new(Vec::with_capacity(text.len()));
    letters.extend(text.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let mut bytes = Zeroizing::new(Vec::with_capacity(letters.len()));
    STANDARD.decode_vec(&*letters, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_blocks_with_the_label() {
        let text = "x\n-----BEGIN A-----\nAQ\nID\n-----END A-----\n-----BEGIN B-----\nAQID\n-----END B-----\n\
                    -----BEGIN A-----\nBA==\n-----END A-----\n-----BEGIN A-----\nBA==\n";
        let found: Vec<Vec<u8>> = blocks(text, "A").iter().map(|block| block.to_vec()).collect();
        assert_eq!(found, [vec![1, 2, 3], vec![4]]);
        assert!(blocks("", "A").is_empty());
        assert!(blocks("-----BEGIN A-----\n!!!\n-----END A-----\n", "A").is_empty());
    }
}
