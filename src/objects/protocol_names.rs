//! Choosing an application protocol from two lists (`SSL_select_next_proto(3)`): names with a length byte before each, as
//! in RFC 7301.

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Selection<'a> {
    /// The first of the preferred names that is acceptable.
    Agreed(&'a [u8]),
    /// No name is in both lists: the first acceptable one, for those who would rather guess.
    NoOverlap(&'a [u8]),
    /// There is not even an acceptable name.
    Nothing,
}

/// Chooses from `preferred`, in that order, what is in `acceptable` too. Bytes after the last whole name don't count.
pub fn select<'a>(preferred: &'a [u8], acceptable: &'a [u8]) -> Selection<'a> {
    let fallback = match names(acceptable).next() {
        Some(first) if !first.is_empty() => first,
        _ => return Selection::Nothing,
    };
    names(preferred)
        .filter(|name| !name.is_empty())
        .find(|name| names(acceptable).any(|other| other == *name))
        .map_or(Selection::NoOverlap(fallback), Selection::Agreed)
}

fn names(mut list: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, rest) = list.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(*len))?;
        list = rest;
        Some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preference_is_the_first_list() {
        assert_eq!(
            select(b"\x02h2\x08http/1.1", b"\x08http/1.1\x02h2"),
            Selection::Agreed(b"h2")
        );
        assert_eq!(select(b"\x03foo", b"\x02h2\x03bar"), Selection::NoOverlap(b"h2"));
    }

    #[test]
    fn malformed_lists_give_what_is_whole() {
        assert_eq!(select(b"\x02h2", b""), Selection::Nothing);
        assert_eq!(select(b"\x02h2", b"\x00\x02h2"), Selection::Nothing);
        assert_eq!(select(b"\x02h2", b"\x05h2"), Selection::Nothing);
        assert_eq!(select(b"\x00\x02h2\x09h", b"\x02h2\xff"), Selection::Agreed(b"h2"));
        assert_eq!(select(b"", b"\x02h2"), Selection::NoOverlap(b"h2"));
    }
}
