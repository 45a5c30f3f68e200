//! One output of a program: an unnamed temporary file that it writes and we read afterwards.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::process::Stdio;

/// Where a program writes one of its outputs.
#[derive(Debug)]
pub(super) struct Output {
    file: File,
}

impl Output {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile()? })
    }

    /// The end that the program gets.
    pub(super) fn handle(&self) -> io::Result<Stdio> {
        Ok(Stdio::from(self.file.try_clone()?))
    }

    /// Bytes written so far.
    pub(super) fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// What was written, at most `limit` bytes of it, as text.
    pub(super) fn text(mut self, limit: u64) -> io::Result<String> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        self.file.take(limit).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
