//! Saved snapshots and files that are written for the user.

use serde::{Deserialize, Serialize};

dto! {
    /// Saves what precheck and Planner need of an open mesh.
    pub struct SaveSnapshot {
        /// The context.
        pub context: String,
        /// The file.
        pub path: String,
        /// What to do when there is such a file.
        pub if_exists: IfExists,
    }

    /// Names a file.
    pub struct FileName {
        /// The file, as an absolute path.
        pub path: String,
    }

    /// A file that was written.
    pub struct SavedFile {
        /// The file.
        pub path: String,
        /// Its size in bytes.
        pub bytes: u32,
    }

    /// A saved snapshot as the window shows it.
    pub struct SavedView {
        /// The context that it was saved from.
        pub context: String,
        /// When.
        pub at: String,
        /// Who saved it.
        pub by: String,
        /// The file.
        pub file: String,
    }
}

dto_word! {
    /// What to do when a file is there already.
    pub enum IfExists { Refuse, Replace }
}
