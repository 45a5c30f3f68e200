//! Finds the istioctl binaries of this computer and asks each for its version. The app downloads
//! none.
//!
//! Entry point: [`find`].

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::join_all;
use meshlift_core::version::MeshVersion;
use serde::Deserialize;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::programs::{Effect, Invocation, Programs};

/// An istioctl that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    /// Its path.
    pub path: PathBuf,
    /// Its version; none when it has a problem.
    pub version: Option<MeshVersion>,
    /// Why it can't be used.
    pub problem: Option<BinaryFault>,
}

/// Why a binary can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum BinaryFault {
    #[error("it did not tell its version in time")]
    Silent,
    #[error("it does not run: {why}")]
    NotRun { why: String },
    #[error("it failed: {words}")]
    Failed { words: String },
    #[error("it is not an istioctl")]
    Another,
    #[error("its version {version} is not a release")]
    NoRelease { version: String },
}

/// Time that a binary gets to tell its version.
const PATIENCE: Duration = Duration::from_secs(20);

/// Finds every istioctl: the added paths (a binary, or a folder of binaries), then those on the
/// search path, each once, in this order.
pub async fn find(extra: &[PathBuf], path_env: Option<&OsStr>) -> Vec<Binary> {
    let folders = path_env.map(std::env::split_paths).into_iter().flatten();
    let added = extra.iter().flat_map(|path| candidates(path, Missing::IsTold));
    let on_path = folders.flat_map(|folder| candidates(&folder, Missing::IsSilent));

    let mut seen = BTreeSet::new();
    let first =
        |path: &PathBuf| seen.insert(std::fs::canonicalize(path).unwrap_or_else(|_| path.clone()));
    let paths: Vec<PathBuf> = added.chain(on_path).filter(first).collect();
    join_all(paths.into_iter().map(ask)).await
}

/// Asks one binary on this computer for its version.
pub async fn ask(path: PathBuf) -> Binary {
    ask_with(&Programs::Real, path, &CancellationToken::new()).await
}

/// Asks one binary for its version, where programs run.
pub(super) async fn ask_with(
    programs: &Programs,
    path: PathBuf,
    cancel: &CancellationToken,
) -> Binary {
    let call = Invocation {
        program: path.clone(),
        args: ["version", "--remote=false", "--output", "json"].map(OsString::from).to_vec(),
        files: Vec::new(),
        env: Vec::new(),
        effect: Effect::Reads,
        cancel: cancel.clone(),
    };
    let answer = programs.run(call, |_, _| {});
    let found = match tokio::time::timeout(PATIENCE, answer).await {
        Err(_) => Err(BinaryFault::Silent),
        Ok(Err(error)) => Err(BinaryFault::NotRun { why: error.to_string() }),
        Ok(Ok(exit)) if !exit.success() => {
            Err(BinaryFault::Failed { words: exit.last_words().to_owned() })
        }
        Ok(Ok(exit)) => version_in(&exit.stdout),
    };
    match found {
        Ok(version) => Binary { path, version: Some(version), problem: None },
        Err(problem) => Binary { path, version: None, problem: Some(problem) },
    }
}

/// The client's version in what `istioctl version --remote=false -o json` says.
pub(super) fn version_in(answer: &str) -> Result<MeshVersion, BinaryFault> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        client_version: Client,
    }
    #[derive(Deserialize)]
    struct Client {
        version: String,
    }
    let answer: Answer = serde_json::from_str(answer).map_err(|_| BinaryFault::Another)?;
    let version = answer.client_version.version;
    version.parse().map_err(|_| BinaryFault::NoRelease { version })
}

#[derive(Clone, Copy)]
enum Missing {
    IsTold,
    IsSilent,
}

fn candidates(path: &Path, missing: Missing) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    if let Ok(entries) = std::fs::read_dir(path) {
        let mut found: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_file() && is_named_istioctl(path))
            .collect();
        found.sort();
        return found;
    }
    match missing {
        Missing::IsTold => vec![path.to_owned()],
        Missing::IsSilent => Vec::new(),
    }
}

/// `istioctl`, and the names people give to several versions side by side, such as
/// `istioctl-1.31.1`.
fn is_named_istioctl(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(OsStr::to_str) else { return false };
    let stem = name.strip_suffix(".exe").unwrap_or(name);
    match stem.strip_prefix("istioctl") {
        Some(rest) => rest.is_empty() || rest.starts_with(['-', '_']),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("istioctl", true)]
    #[case::version_behind_it("istioctl-1.31.1", true)]
    #[case::windows("istioctl.exe", true)]
    #[case::completion_script("istioctl.bash", false)]
    #[case::another_program("istioctlx", false)]
    fn knows_the_binary_by_its_name(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(is_named_istioctl(Path::new(name)), expected, "{name}");
    }

    #[rstest]
    #[case::release(r#"{"clientVersion":{"version":"1.30.5"}}"#, Ok("1.30.5"))]
    #[case::built_by_hand(
        r#"{"clientVersion":{"version":"unknown"}}"#,
        Err("its version unknown is not a release")
    )]
    #[case::another_program("kubectl v1.34", Err("it is not an istioctl"))]
    fn reads_the_version(#[case] answer: &str, #[case] expected: Result<&str, &str>) {
        let found = version_in(answer).map(|version| version.to_string());
        let found = found.map_err(|fault| fault.to_string());
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{answer}");
    }

    #[tokio::test]
    async fn tells_about_an_added_path_that_is_not_there() {
        let missing = PathBuf::from("/nowhere/istioctl");
        let found = find(std::slice::from_ref(&missing), None).await;
        assert_eq!(found.len(), 1, "an added path is always listed");
        assert_eq!(found[0].path, missing);
        assert!(found[0].problem.is_some(), "with the reason why it can't be used");
    }
}
