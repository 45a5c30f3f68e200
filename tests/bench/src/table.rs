//! The one table, as Markdown: it is pasted into `docs/performance.md` as it is.

use std::time::Duration;

use crate::seconds;

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) pods: usize,
    pub(crate) page: Duration,
    pub(crate) list: Duration,
    pub(crate) list_bytes: u64,
    pub(crate) first_rows: Duration,
    pub(crate) complete: Duration,
    pub(crate) bytes: u64,
    pub(crate) memory: u64,
    pub(crate) kubectl: Duration,
    pub(crate) istioctl: Duration,
}

/// Floors and peers beside ours.
pub(crate) fn table(measured: &Measured) -> String {
    let Measured { page, list, first_rows, complete, kubectl, istioctl, .. } = *measured;
    let goal = |text: &str| text.to_owned();
    let none = String::new;
    let rows = [
        [
            "first rows; floor: one page of 1000 by curl (protobuf, gzip)".to_owned(),
            seconds(page),
            none(),
            seconds(first_rows),
            ratio(first_rows, page),
            goal("≤ 1.5"),
        ],
        [
            "complete data plane; floor: the whole list by curl (protobuf, gzip)".to_owned(),
            seconds(list),
            none(),
            seconds(complete),
            ratio(complete, list),
            goal("≤ 1.3"),
        ],
        [
            "the same; peer: `kubectl get pods -A -o json`".to_owned(),
            none(),
            seconds(kubectl),
            seconds(complete),
            ratio(kubectl, complete),
            goal("≥ 25"),
        ],
        [
            "the same; peer: `istioctl x injector list`".to_owned(),
            none(),
            seconds(istioctl),
            seconds(complete),
            ratio(istioctl, complete),
            goal("≥ 2"),
        ],
        [
            "bytes on the wire; floor: the whole list by curl".to_owned(),
            megabytes(measured.list_bytes),
            none(),
            megabytes(measured.bytes),
            quotient(measured.bytes, measured.list_bytes),
            goal("≤ 5 MB"),
        ],
        [
            "memory at its peak, above that of the app without a mesh".to_owned(),
            none(),
            none(),
            megabytes(measured.memory * 1024),
            none(),
            goal("≤ 40 MB"),
        ],
    ];
    let head = format!("| {} pods | floor | peer | ours | ratio | goal |", measured.pods);
    let lines = rows.iter().map(|row| format!("| {} |", row.join(" | ")));
    [head, "|---|---|---|---|---|---|".to_owned()]
        .into_iter()
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n")
}

fn ratio(of: Duration, to: Duration) -> String {
    format!("{:.2}", of.as_secs_f64() / to.as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
fn quotient(of: u64, to: u64) -> String {
    format!("{:.2}", of as f64 / to as f64)
}

#[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1_000_000.0)
}
