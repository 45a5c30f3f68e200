//! Why the journal could not be used.

use std::path::PathBuf;

use thiserror::Error;

use crate::api::dto::{ApiError, ErrorCode};

/// Why the journal could not be used.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum JournalError {
    #[error("failed to make the data folder {}", folder.display())]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("another Meshlift uses the data folder {}", folder.display())]
    InUse { folder: PathBuf },
    #[error("failed to make the journal {}", file.display())]
    Create { file: PathBuf, source: std::io::Error },
    #[error("failed to open the journal {}", file.display())]
    Open { file: PathBuf, source: rusqlite::Error },
    #[error("the journal {} is of version {found}, newer than this app's {known}", file.display())]
    Newer { file: PathBuf, found: u32, known: u32 },
    #[error("failed to record the run of a plan")]
    Begin { source: rusqlite::Error },
    #[error("failed to record an event of run {run}")]
    Append { run: String, source: rusqlite::Error },
    #[error("failed to record the intent to {purpose}")]
    Probe { purpose: String, source: rusqlite::Error },
    #[error("failed to read the runs")]
    Runs { source: rusqlite::Error },
    #[error("failed to read run {run}")]
    Run { run: String, source: rusqlite::Error },
    #[error("run {run} holds something that this version does not understand")]
    Decode { run: String, source: serde_json::Error },
    #[error("failed to write an entry as JSON")]
    Encode { source: serde_json::Error },
    #[error("the time `{text}` of an entry of run {run} is no time")]
    Time { run: String, text: String },
    #[error("the journal has stopped")]
    Stopped,
}

impl From<JournalError> for ApiError {
    fn from(error: JournalError) -> Self {
        Self::new(ErrorCode::Storage, &error)
    }
}
