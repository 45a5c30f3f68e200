//! Opens the journal's file, for its owner only, and keeps a second process off it.

use std::fs::{File, OpenOptions};
use std::path::Path;

use rusqlite::Connection;

use super::{JournalError, schema};

const JOURNAL: &str = "journal.sqlite";
const LOCK: &str = "lock";

/// Opens the journal of `folder` and brings it to the newest schema.
pub(super) fn open(folder: &Path) -> Result<(Connection, File), JournalError> {
    make_folder(folder)
        .map_err(|source| JournalError::Folder { folder: folder.to_owned(), source })?;
    let lock = lock(folder)?;

    let file = folder.join(JOURNAL);
    // SQLite gives its WAL the mode of the file that it belongs to.
    private_file(&file).map_err(|source| JournalError::Create { file: file.clone(), source })?;
    let mut connection = Connection::open(&file)
        .map_err(|source| JournalError::Open { file: file.clone(), source })?;
    schema::prepare(&mut connection, &file)?;
    Ok((connection, lock))
}

fn lock(folder: &Path) -> Result<File, JournalError> {
    let path = folder.join(LOCK);
    let file = private_file(&path).map_err(|source| JournalError::Create { file: path, source })?;
    file.try_lock().map_err(|_| JournalError::InUse { folder: folder.to_owned() })?;
    Ok(file)
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}
