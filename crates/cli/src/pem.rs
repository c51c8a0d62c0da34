//! PEM (RFC 7468), as far as files of certificates and sessions need it: other blocks, keys among them, are passed over.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What stands between `BEGIN label` and `END label`, decoded, for each block with this label.
pub(crate) fn blocks(text: &str, label: &str) -> Vec<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let bodies = text.split(begin.as_str()).skip(1);
    let body = |part: &str| decode_base64(part.split_once(end.as_str())?.0);
    bodies.filter_map(body).collect()
}

/// Base64, over as many lines as there are.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_blocks_with_the_label() {
        let text = "x\n-----BEGIN A-----\nAQ\nID\n-----END A-----\n-----BEGIN B-----\nAQID\n-----END B-----\n\
                    -----BEGIN A-----\nBA==\n-----END A-----\n-----BEGIN A-----\nBA==\n";
        assert_eq!(blocks(text, "A"), [vec![1, 2, 3], vec![4]]);
        assert!(blocks("", "A").is_empty());
        assert!(blocks("-----BEGIN A-----\n!!!\n-----END A-----\n", "A").is_empty());
    }
}
