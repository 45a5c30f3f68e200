//! The log file: one a day under the data folder, readable by its user only.
//!
//! Entry point: [`start`]. What may hold secrets is capped whatever the user asks for:
//! `kube_client` writes whole response bodies when it cannot decode them, and the HTTP layers
//! write headers.

use std::path::Path;

use anyhow::Context as _;
use tracing::{Level, Metadata};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Environment variable that asks for more or less, as `info,meshlift_app=debug`.
const WISH: &str = "MESHLIFT_LOG";

/// Layers that would write bodies or headers, and the most that they may say.
const CAPPED: [(&str, Level); 6] = [
    ("kube_client", Level::ERROR),
    ("hyper", Level::INFO),
    ("hyper_util", Level::INFO),
    ("tower", Level::INFO),
    ("rustls", Level::INFO),
    ("tungstenite", Level::INFO),
];

/// Writes the log from now on; what is waiting is written when the guard is dropped.
pub(crate) fn start(folder: &Path) -> anyhow::Result<WorkerGuard> {
    let (writer, guard) = tracing_appender::non_blocking(files(folder)?);
    let wish = EnvFilter::try_from_env(WISH).unwrap_or_else(|_| EnvFilter::new("info"));
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(writer)
        .with_filter(wish.and(filter_fn(may_be_written)));
    tracing_subscriber::registry()
        .with(layer)
        .try_init()
        .context("failed to start the log: another one is running")?;
    Ok(guard)
}

fn files(folder: &Path) -> anyhow::Result<RollingFileAppender> {
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("meshlift")
        .filename_suffix("log")
        .max_log_files(14)
        .build(folder)
        .with_context(|| format!("failed to open a log file in {}", folder.display()))
}

fn may_be_written(metadata: &Metadata<'_>) -> bool {
    within_cap(metadata.target(), *metadata.level())
}

fn within_cap(target: &str, level: Level) -> bool {
    CAPPED.iter().all(|(capped, most)| !belongs_to(target, capped) || level <= *most)
}

fn belongs_to(target: &str, module: &str) -> bool {
    target.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_answers_never_reach_the_log() {
        assert!(!within_cap("kube_client::client", Level::WARN), "decode errors hold whole bodies");
        assert!(within_cap("kube_client::client", Level::ERROR), "errors themselves are wanted");
        assert!(!within_cap("hyper::proto::h1", Level::TRACE), "headers hold tokens");
    }

    #[test]
    fn the_projects_own_lines_are_not_capped() {
        assert!(within_cap("meshlift_app::runner", Level::TRACE), "the user may ask for all of it");
        assert!(within_cap("hyperloop", Level::TRACE), "another module with a similar name");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_the_log() {
        use std::io::Write as _;
        use std::os::unix::fs::PermissionsExt as _;

        crate::environment::private_files();
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        files(&logs).unwrap().write_all(b"one line\n").unwrap();

        let file = std::fs::read_dir(&logs).unwrap().next().unwrap().unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "it names clusters and people");
    }
}
