//! Names the data folder, so that a second start on it finds the window of the first.
//!
//! Entry point: [`bus_name`]. Deliberately absent: the lock that keeps a second process out, which
//! the application takes when it opens the folder, whatever the desktop can or cannot do.

use std::path::Path;

use sha2::{Digest as _, Sha256};

/// A name for the folder that a session bus accepts, the same for every spelling of its path.
pub(crate) fn bus_name(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = std::fs::canonicalize(&path).unwrap_or(path);
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let start = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("dev.meshlift.desktop.d{start:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_folders_are_two_names() {
        let one = tempfile::tempdir().unwrap();
        let two = tempfile::tempdir().unwrap();

        assert_ne!(bus_name(one.path()), bus_name(two.path()), "each has a window of its own");
        assert_eq!(
            bus_name(one.path()),
            bus_name(&one.path().join(".")),
            "spelling does not matter",
        );
    }
}
