//! The one error that every command answers with.

use std::error::Error;
use std::fmt;

use super::dto::{ApiError, ErrorCode, Phrase};

impl ApiError {
    /// An error as the window shows it: its own sentence, and its causes for the details panel.
    pub fn new(code: ErrorCode, error: &dyn Error) -> Self {
        let mut detail = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            detail.push(cause.to_string());
            source = cause.source();
        }
        Self { detail, ..Self::plain(code, error.to_string()) }
    }

    /// An error that has no cause but itself.
    pub fn plain(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            said: None,
            detail: Vec::new(),
            hint: None,
            retryable: false,
        }
    }

    /// Says the message in the user's language.
    #[must_use]
    pub fn saying(mut self, said: Phrase) -> Self {
        self.said = Some(Box::new(said));
        self
    }

    /// Says what to try.
    #[must_use]
    pub fn hinting(mut self, hint: Phrase) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Says that asking again may help.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ApiError {}
