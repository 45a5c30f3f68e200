//! How long the API asks to wait, and how long a call waits before it is sent again.
//!
//! Sources (asm.md §7.6): the official SDK waits the larger `TimeLeft` of two headers; Terraform's
//! provider begins with 3 s and adds 5 s each time.

use std::time::Duration;

use http::{HeaderMap, header};

use super::error::LONGEST;

/// The time that an answer asks to wait, if it asks at all.
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let left = ["x-ratelimit-user-api", "x-ratelimit-user"]
        .iter()
        .filter_map(|name| time_left(text(name)?))
        .max();
    let after = text(header::RETRY_AFTER.as_str())
        .and_then(|seconds| seconds.trim().parse().ok())
        .map(Duration::from_secs);
    left.or(after).map(|time| time.min(LONGEST))
}

/// `TimeLeft` of `Limit:…,Remain:…,TimeLeft:<ms>,Reset:…`.
fn time_left(header: &str) -> Option<Duration> {
    let value = header.split(',').find_map(|part| part.trim().strip_prefix("TimeLeft:"))?;
    value.trim().parse().ok().map(Duration::from_millis)
}

/// The pause after the given number of tries, if nobody asked for another.
pub(super) fn pause(first: Duration, tries: u32) -> Duration {
    first + first * 5 / 3 * tries.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap())
            })
            .collect()
    }

    #[test]
    fn the_larger_time_counts() {
        let both = headers(&[
            ("x-ratelimit-user-api", "Limit:100,Remain:0,TimeLeft:800,Reset:1"),
            ("x-ratelimit-user", "Limit:100,Remain:0,TimeLeft:2500,Reset:1"),
        ]);

        assert_eq!(asked(&both), Some(Duration::from_millis(2500)));
        assert_eq!(asked(&headers(&[("retry-after", "7")])), Some(Duration::from_secs(7)));
        assert_eq!(asked(&headers(&[("x-ratelimit-user", "Limit:100")])), None);
        assert_eq!(asked(&HeaderMap::new()), None);
    }

    #[test]
    fn a_time_beyond_reason_is_cut() {
        let silly = headers(&[("x-ratelimit-user", "TimeLeft:99999999999")]);

        assert_eq!(asked(&silly), Some(LONGEST));
    }

    #[test]
    fn pauses_grow_as_terraforms_do() {
        let first = Duration::from_secs(3);

        let pauses = [1, 2, 3].map(|tries| pause(first, tries).as_secs());

        assert_eq!(pauses, [3, 8, 13]);
    }
}
