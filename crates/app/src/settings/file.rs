//! Settings in one JSON file, replaced as a whole so that a crash leaves the old or the new one.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::{Store, StoreError};

/// A JSON file with one member per name.
#[derive(Debug)]
pub struct FileStore {
    file: PathBuf,
    writing: Mutex<()>,
}

impl FileStore {
    /// The store of a file, which need not exist yet.
    pub fn new(file: PathBuf) -> Self {
        Self { file, writing: Mutex::new(()) }
    }

    fn read(&self) -> Result<Map<String, Value>, StoreError> {
        let text = match std::fs::read(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Map::new()),
            Err(source) => return Err(StoreError::Read { file: self.file.clone(), source }),
        };
        if let Ok(members) = serde_json::from_slice(&text) {
            return Ok(members);
        }
        self.set_aside()?;
        Ok(Map::new())
    }

    /// A file that is not ours to understand is kept under another name and never overwritten.
    fn set_aside(&self) -> Result<(), StoreError> {
        let aside = (1..u32::MAX)
            .map(|number| self.file.with_extension(format!("broken-{number}")))
            .find(|path| !path.exists());
        let Some(aside) = aside else { return Ok(()) };
        tracing::warn!(file = %self.file.display(), kept = %aside.display(), "settings are no JSON");
        std::fs::rename(&self.file, &aside)
            .map_err(|source| StoreError::Write { file: aside, source })
    }
}

impl Store for FileStore {
    fn load(&self, key: &str) -> Result<Option<Value>, StoreError> {
        Ok(self.read()?.remove(key))
    }

    fn save(&self, key: &str, value: &Value) -> Result<(), StoreError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut members = self.read()?;
        members.insert(key.to_owned(), value.clone());
        let text = serde_json::to_vec_pretty(&members).map_err(StoreError::Encode)?;
        replace(&self.file, &text)
            .map_err(|source| StoreError::Write { file: self.file.clone(), source })
    }
}

/// Writes beside the file, syncs, renames over it, and syncs the folder.
fn replace(file: &Path, text: &[u8]) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // tempfile makes its files readable by their owner only.
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(text)?;
    beside.as_file().sync_all()?;
    beside.persist(file).map_err(|error| error.error)?;
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_kept_beside_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::new(folder.path().join("settings.json"));

        store.save("one", &json!(1)).unwrap();
        store.save("two", &json!({ "a": "b" })).unwrap();

        let again = FileStore::new(folder.path().join("settings.json"));
        assert_eq!(again.load("one").unwrap(), Some(json!(1)));
        assert_eq!(again.load("two").unwrap(), Some(json!({ "a": "b" })));
        assert_eq!(again.load("three").unwrap(), None);
    }

    #[test]
    fn a_broken_file_is_set_aside_and_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        std::fs::write(&file, "{ half").unwrap();
        let store = FileStore::new(file);

        assert_eq!(store.load("one").unwrap(), None);
        store.save("one", &json!(1)).unwrap();

        let kept = std::fs::read_to_string(folder.path().join("settings.broken-1")).unwrap();
        assert_eq!(kept, "{ half");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");

        FileStore::new(file.clone()).save("one", &json!(1)).unwrap();

        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
