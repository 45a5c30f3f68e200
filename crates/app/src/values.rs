//! An install's own values, kept beside the journal as they were when a plan was confirmed.
//!
//! Entry point: [`keep`]. The copy is named by its digest, so a plan and its run name exactly the
//! text that was checked.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::Meshlift;
use crate::api::dto::{ApiError, ErrorCode, Phrase, PhraseCode};
use crate::stage::Stage;

const FOLDER: &str = "values";

/// A private copy of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// SHA-256 of its text.
    pub(crate) digest: String,
}

/// Why values were not kept.
#[derive(Debug, Error)]
pub(crate) enum ValuesError {
    #[error("failed to read the values file {}", file.display())]
    Read { file: PathBuf, source: std::io::Error },
    #[error("failed to keep a copy of the values as {}", file.display())]
    Write { file: PathBuf, source: std::io::Error },
}

/// Keeps a copy of a values file.
pub(crate) fn keep_file(data_folder: &Path, file: &Path) -> Result<Kept, ValuesError> {
    let text = std::fs::read(file)
        .map_err(|source| ValuesError::Read { file: file.to_owned(), source })?;
    keep(data_folder, &text)
}

/// Keeps a copy of values.
pub(crate) fn keep(data_folder: &Path, text: &[u8]) -> Result<Kept, ValuesError> {
    let digest = Sha256::digest(text).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let folder = data_folder.join(FOLDER);
    let path = folder.join(format!("{digest}.yaml"));
    write(&folder, &path, text)
        .map_err(|source| ValuesError::Write { file: path.clone(), source })?;
    Ok(Kept { path, digest })
}

/// The values that a mesh was installed with, as far as anybody said: the file that its settings name,
/// or what an install of its simulation used. None when nobody said any. The error is why a file can't
/// be read, with its name alone: it goes into saved meshes, and a path tells whose computer it is on.
pub(crate) async fn known(app: &Meshlift, stage: &Stage) -> Result<Option<String>, String> {
    let Some(file) = stage.said.install_values.clone() else {
        let simulated = app.inner.contexts.simulated(&stage.context);
        return Ok(simulated.and_then(|simulated| simulated.values().map(str::to_owned)));
    };
    let name = Path::new(&file).file_name().unwrap_or_default().display().to_string();
    let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(file)).await;
    match read.unwrap_or_else(|stopped| Err(std::io::Error::other(stopped))) {
        Ok(text) => Ok(Some(text)),
        Err(why) => Err(format!("the file {name} can't be read: {why}")),
    }
}

fn write(folder: &Path, path: &Path, text: &[u8]) -> std::io::Result<()> {
    if std::fs::read(path).is_ok_and(|kept| kept == text) {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    // Readable by their owner only: values may hold what others need not see.
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(text)?;
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|error| error.error)?;
    Ok(())
}

impl From<ValuesError> for ApiError {
    fn from(error: ValuesError) -> Self {
        match &error {
            ValuesError::Read { .. } => Self::new(ErrorCode::ValuesMissing, &error)
                .hinting(Phrase::plain(PhraseCode::HintValuesFile)),
            ValuesError::Write { .. } => Self::new(ErrorCode::Storage, &error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_stays_as_it_was_when_the_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.yaml");
        std::fs::write(&file, "one").unwrap();
        let first = keep_file(folder.path(), &file).unwrap();

        std::fs::write(&file, "two").unwrap();
        let second = keep_file(folder.path(), &file).unwrap();

        assert_ne!(first, second);
        assert_eq!(std::fs::read_to_string(first.path).unwrap(), "one");
        assert_eq!(std::fs::read_to_string(second.path).unwrap(), "two");
    }
}
