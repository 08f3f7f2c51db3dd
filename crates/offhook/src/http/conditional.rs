//! Conditional requests and ranges (RFC 9110, 13 and 14): phones send neither, people's tools and proxies do.

use std::ops::Range;
use std::time::SystemTime;

use http::header::{HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE};

/// What part of a file a request is to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// These bytes of it.
    Bytes(Range<usize>),
    /// Nothing: the client has it already.
    NotModified,
    /// Nothing: the range lies outside the file.
    Unsatisfiable,
}

/// Decides what to send of a file of `len` bytes with this tag and time.
#[must_use]
pub fn part(headers: &HeaderMap, etag: &str, modified: SystemTime, len: usize) -> Part {
    if has_it_already(headers, etag, modified) {
        return Part::NotModified;
    }
    match text(headers, RANGE) {
        Some(range) if range_applies(headers, etag, modified) => parse_range(range, len),
        _ => Part::Whole,
    }
}

/// `If-None-Match` decides alone when it is there; `If-Modified-Since` otherwise.
fn has_it_already(headers: &HeaderMap, etag: &str, modified: SystemTime) -> bool {
    if headers.contains_key(IF_NONE_MATCH) {
        return text(headers, IF_NONE_MATCH).is_some_and(|tags| {
            tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
        });
    }
    let since = text(headers, IF_MODIFIED_SINCE).and_then(|date| httpdate::parse_http_date(date).ok());
    since.is_some_and(|since| whole_seconds(modified) <= whole_seconds(since))
}

/// A range counts only for the version that the client already holds a part of.
fn range_applies(headers: &HeaderMap, etag: &str, modified: SystemTime) -> bool {
    match text(headers, IF_RANGE) {
        None => !headers.contains_key(IF_RANGE),
        Some(tag) if tag.starts_with('"') => tag == etag,
        Some(date) => {
            httpdate::parse_http_date(date).is_ok_and(|date| whole_seconds(date) == whole_seconds(modified))
        }
    }
}

/// One `bytes=` range; several, another unit or nonsense are ignored, as the RFC allows.
fn parse_range(range: &str, len: usize) -> Part {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|spec| spec.trim().split_once('-'))
    else {
        return Part::Whole;
    };
    let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| saturating(digits));
    match (first, last) {
        ("", suffix) if !suffix.is_empty() => match number(suffix) {
            Some(0) => Part::Unsatisfiable,
            Some(_) if len == 0 => Part::Unsatisfiable,
            Some(count) => Part::Bytes(len.saturating_sub(count)..len),
            None => Part::Whole,
        },
        (first, last) if !first.is_empty() => match (number(first), number(last)) {
            (Some(start), _) if start >= len => Part::Unsatisfiable,
            (Some(start), Some(_)) if last.is_empty() => Part::Bytes(start..len),
            (Some(start), Some(end)) if end >= start => Part::Bytes(start..end.saturating_add(1).min(len)),
            _ => Part::Whole,
        },
        _ => Part::Whole,
    }
}

/// A run of digits as a number; one too large for this machine is past every file's end all the same.
fn saturating(digits: &str) -> usize {
    if digits.is_empty() { 0 } else { digits.parse().unwrap_or(usize::MAX) }
}

fn text(headers: &HeaderMap, name: http::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// HTTP dates have whole seconds.
fn whole_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;
    use std::time::Duration;

    const TAG: &str = "\"abc\"";

    fn decide(headers: &[(http::HeaderName, &'static str)]) -> Part {
        let map =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        part(&map, TAG, SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_777_900), 100)
    }

    #[test]
    fn ranges() {
        let cases = [
            ("bytes=0-9", Part::Bytes(0..10)),
            ("bytes=90-", Part::Bytes(90..100)),
            ("bytes=90-400", Part::Bytes(90..100)),
            ("bytes=-10", Part::Bytes(90..100)),
            ("bytes=-1000", Part::Bytes(0..100)),
            ("bytes=100-", Part::Unsatisfiable),
            ("bytes=-0", Part::Unsatisfiable),
            ("bytes=99999999999999999999-", Part::Unsatisfiable),
            ("bytes=9-0", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=x-1", Part::Whole),
            ("bytes=-", Part::Whole),
            ("lines=0-1", Part::Whole),
        ];
        for (range, expected) in cases {
            assert_eq!(decide(&[(RANGE, range)]), expected, "{range}");
        }
    }

    #[test]
    fn conditions() {
        assert_eq!(decide(&[(IF_NONE_MATCH, "\"abc\"")]), Part::NotModified);
        assert_eq!(decide(&[(IF_NONE_MATCH, "\"x\", W/\"abc\"")]), Part::NotModified);
        assert_eq!(decide(&[(IF_NONE_MATCH, "*")]), Part::NotModified);
        assert_eq!(decide(&[(IF_NONE_MATCH, "\"x\"")]), Part::Whole);
        let same = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(decide(&[(IF_MODIFIED_SINCE, same)]), Part::NotModified);
        assert_eq!(decide(&[(IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:36 GMT")]), Part::Whole);
        assert_eq!(
            decide(&[(IF_NONE_MATCH, "\"x\""), (IF_MODIFIED_SINCE, same)]),
            Part::Whole,
            "the tag decides"
        );
    }

    #[test]
    fn a_range_of_another_version_gives_the_whole_new_one() {
        assert_eq!(decide(&[(RANGE, "bytes=0-0"), (IF_RANGE, "\"abc\"")]), Part::Bytes(0..1));
        assert_eq!(decide(&[(RANGE, "bytes=0-0"), (IF_RANGE, "\"old\"")]), Part::Whole);
        assert_eq!(
            decide(&[(RANGE, "bytes=0-0"), (IF_RANGE, "Sun, 06 Nov 1994 08:49:37 GMT")]),
            Part::Bytes(0..1)
        );
        assert_eq!(decide(&[(RANGE, "bytes=0-0"), (IF_RANGE, "rubbish")]), Part::Whole);
    }

    proptest! {
        #[test]
        fn a_range_never_leaves_the_file(range in "bytes=[0-9]{0,20}-[0-9]{0,20}", len in 0_usize..1000) {
            if let Part::Bytes(bytes) = parse_range(&range, len) {
                prop_assert!(bytes.start < bytes.end && bytes.end <= len);
            }
        }
    }
}
