//! Says when a kubeconfig changes, appears or goes.
//!
//! Folders are watched and not the files themselves: editors and cloud tools replace a file by
//! renaming another over it, and a file that is not there yet cannot be watched.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::{Stream, stream};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::KubeconfigFiles;

/// A program that rewrites a file does so in several steps; they make one change.
const SETTLE: Duration = Duration::from_millis(150);

/// Yields once for every burst of changes, and ends when cancelled. Where the system cannot watch a
/// folder, its changes are not seen.
pub fn watch(
    files: &KubeconfigFiles,
    cancel: CancellationToken,
) -> impl Stream<Item = ()> + Send + use<> {
    let (sender, changes) = mpsc::channel(1);
    let files: Vec<PathBuf> =
        files.all().into_iter().filter_map(|file| std::path::absolute(file).ok()).collect();
    let armed = arm(&files, &sender);
    let watch = Watch { files, sender, changes, armed, cancel };
    stream::unfold(
        watch,
        |mut watch| async move { watch.next_change().await.then_some(((), watch)) },
    )
}

struct Watch {
    files: Vec<PathBuf>,
    sender: mpsc::Sender<()>,
    changes: mpsc::Receiver<()>,
    armed: Option<RecommendedWatcher>,
    cancel: CancellationToken,
}

impl Watch {
    /// Waits for a change; false when cancelled.
    async fn next_change(&mut self) -> bool {
        tokio::select! {
            _ = self.changes.recv() => {}
            () = self.cancel.cancelled() => return false,
        }
        while let Ok(Some(())) = tokio::time::timeout(SETTLE, self.changes.recv()).await {}
        // A folder may have appeared on the way to a file, or a link may point elsewhere. Armed again
        // before the change is told: what happens later is seen, what happened earlier is read.
        self.armed = arm(&self.files, &self.sender);
        true
    }
}

fn arm(files: &[PathBuf], sender: &mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let files: BTreeSet<PathBuf> = files.iter().flat_map(|file| with_target(file)).collect();
    let folders: BTreeSet<PathBuf> = files.iter().filter_map(|file| nearest_folder(file)).collect();
    let sender = sender.clone();
    let on_event = move |event: notify::Result<Event>| {
        let concerns = |event: Event| {
            !matches!(event.kind, EventKind::Access(_))
                && event.paths.iter().any(|path| files.iter().any(|file| file.starts_with(path)))
        };
        if event.is_ok_and(concerns) {
            // A full channel says already that something changed.
            let _ = sender.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(on_event)
        .inspect_err(|error| tracing::warn!(%error, "kubeconfigs are not watched"))
        .ok()?;
    for folder in folders {
        if let Err(error) = watcher.watch(&folder, RecursiveMode::NonRecursive) {
            tracing::warn!(%error, folder = %folder.display(), "folder is not watched");
        }
    }
    Some(watcher)
}

/// A link changes when it is set to another target, and when its target changes.
fn with_target(file: &Path) -> Vec<PathBuf> {
    let target = file.canonicalize().ok().filter(|target| target != file);
    std::iter::once(file.to_owned()).chain(target).collect()
}

/// The folder of a file, or the nearest one above it that exists.
fn nearest_folder(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).find(|folder| folder.is_dir()).map(Path::to_owned)
}
