//! The port to whatever keeps settings.

use std::path::PathBuf;

use serde_json::Value;
use thiserror::Error;

/// Keeps JSON values by name.
pub trait Store: Send + Sync {
    /// The value of a name, if it was kept.
    fn load(&self, key: &str) -> Result<Option<Value>, StoreError>;
    /// Keeps a value, wholly or not at all.
    fn save(&self, key: &str, value: &Value) -> Result<(), StoreError>;
}

/// Why a store failed.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum StoreError {
    #[error("failed to read {}", file.display())]
    Read { file: PathBuf, source: std::io::Error },
    #[error("failed to write {}", file.display())]
    Write { file: PathBuf, source: std::io::Error },
    #[error("failed to write the value as JSON")]
    Encode(#[source] serde_json::Error),
    #[error("{message}")]
    Other { message: String },
}
