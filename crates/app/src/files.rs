//! Files that are written for the user: whole or not at all, and readable by their owner only.
//!
//! Entry points: [`write`] and [`read`].

use std::io::Write as _;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::api::dto::{ApiError, ErrorCode, IfExists, Phrase, PhraseCode, SavedFile};

/// Why a file was not written or read.
#[derive(Debug, Error)]
pub(crate) enum FileError {
    #[error("`{}` is no absolute path", file.display())]
    Relative { file: PathBuf },
    #[error("{} is there already", file.display())]
    Exists { file: PathBuf },
    #[error("{} is larger than {limit} MB", file.display())]
    TooLarge { file: PathBuf, limit: u64 },
    #[error("failed to write {}", file.display())]
    Write { file: PathBuf, source: std::io::Error },
    #[error("failed to read {}", file.display())]
    Read { file: PathBuf, source: std::io::Error },
    #[error("writing {} was interrupted", file.display())]
    Interrupted { file: PathBuf },
}

/// Writes a file on another thread. Its folder has to be there.
pub(crate) async fn write(
    path: &str,
    text: String,
    if_exists: IfExists,
) -> Result<SavedFile, FileError> {
    let file = absolute(path)?;
    let place = file.clone();
    let bytes = text.len();
    tokio::task::spawn_blocking(move || write_now(&file, text.as_bytes(), if_exists))
        .await
        .map_err(|_| FileError::Interrupted { file: place.clone() })??;
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    Ok(SavedFile { path: place.display().to_string(), bytes })
}

/// Reads a file of at most so many megabytes on another thread.
pub(crate) async fn read(path: &str, megabytes: u64) -> Result<String, FileError> {
    let file = absolute(path)?;
    let place = file.clone();
    tokio::task::spawn_blocking(move || read_now(&file, megabytes))
        .await
        .map_err(|_| FileError::Interrupted { file: place })?
}

fn absolute(path: &str) -> Result<PathBuf, FileError> {
    let file = PathBuf::from(path.trim());
    if file.is_absolute() { Ok(file) } else { Err(FileError::Relative { file }) }
}

fn write_now(file: &Path, text: &[u8], if_exists: IfExists) -> Result<(), FileError> {
    let failed = |source: std::io::Error| {
        let file = file.to_owned();
        if source.kind() == std::io::ErrorKind::AlreadyExists {
            return FileError::Exists { file };
        }
        FileError::Write { file, source }
    };
    let folder = file.parent().unwrap_or(Path::new("/"));
    // tempfile makes its files readable by their owner only.
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    beside.write_all(text).map_err(failed)?;
    beside.as_file().sync_all().map_err(failed)?;
    match if_exists {
        IfExists::Replace => beside.persist(file),
        IfExists::Refuse => beside.persist_noclobber(file),
    }
    .map_err(|error| failed(error.error))?;
    Ok(())
}

fn read_now(file: &Path, megabytes: u64) -> Result<String, FileError> {
    let failed = |source| FileError::Read { file: file.to_owned(), source };
    let size = std::fs::metadata(file).map_err(failed)?.len();
    if size > megabytes << 20 {
        return Err(FileError::TooLarge { file: file.to_owned(), limit: megabytes });
    }
    std::fs::read_to_string(file).map_err(failed)
}

impl From<FileError> for ApiError {
    fn from(error: FileError) -> Self {
        match &error {
            FileError::Relative { .. } => Self::new(ErrorCode::BadRequest, &error)
                .hinting(Phrase::plain(PhraseCode::HintWholePath)),
            FileError::Exists { .. } => Self::new(ErrorCode::FileExists, &error)
                .hinting(Phrase::plain(PhraseCode::HintOtherName)),
            FileError::TooLarge { .. } | FileError::Read { .. } => {
                Self::new(ErrorCode::FileBroken, &error)
            }
            FileError::Write { .. } | FileError::Interrupted { .. } => {
                Self::new(ErrorCode::Storage, &error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_not_replaced_unless_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.md").display().to_string();

        let written = write(&path, "one".to_owned(), IfExists::Refuse).await.unwrap();
        let refused = write(&path, "two".to_owned(), IfExists::Refuse).await;
        assert_eq!(written.bytes, 3);
        assert!(matches!(refused, Err(FileError::Exists { .. })), "{refused:?}");
        assert_eq!(read(&path, 1).await.unwrap(), "one");

        write(&path, "two".to_owned(), IfExists::Replace).await.unwrap();
        assert_eq!(read(&path, 1).await.unwrap(), "two");
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_file_is_its_owners() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.md");

        write(&path.display().to_string(), "one".to_owned(), IfExists::Refuse).await.unwrap();

        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_relative_path_and_a_missing_folder_are_refused() {
        let relative = write("plan.md", String::new(), IfExists::Refuse).await;
        assert!(matches!(relative, Err(FileError::Relative { .. })), "{relative:?}");
        let missing = write("/nowhere/plan.md", String::new(), IfExists::Refuse).await;
        assert!(matches!(missing, Err(FileError::Write { .. })), "{missing:?}");
    }
}
