//! A snapshot in one file: what precheck and Planner need of a mesh, to be opened on another computer.
//!
//! Entry points: [`Saved::to_text`] and [`Saved::read`]. The file is plain JSON, so that whoever gets
//! it can see what is in it. Deliberately absent: addresses, credentials and contents of `Secret`s and
//! `ConfigMap`s, none of which a [`Snapshot`] holds; and writing the file.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Injector, Name, Snapshot, WebhookClient, kept_labels};
use crate::catalog::LiveVersions;

/// What a saved snapshot calls itself.
pub const SAVED_FORMAT: &str = "meshlift-snapshot";
/// The version of its format. Fields may be added without raising it; readers leave them out.
pub const SAVED_VERSION: u32 = 1;

/// A snapshot and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Saved {
    format: String,
    version: u32,
    /// Name of the context.
    pub context: String,
    /// When the mesh was read, in RFC 3339.
    pub at: String,
    /// Who saved it, as `user@host`.
    pub by: String,
    /// What the provider said of its own versions, if it has any.
    #[serde(default)]
    pub live: Option<LiveVersions>,
    /// The mesh.
    pub snapshot: Snapshot,
}

/// Why a text is not a saved snapshot.
#[derive(Debug, Error)]
pub enum SavedError {
    /// It is not the JSON that is expected; line and column count from 1.
    #[error("line {line}, column {column}: {problem}")]
    Unreadable {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// It is some other file.
    #[error("it calls itself `{format}`, and a `{SAVED_FORMAT}` is expected")]
    Foreign {
        /// What it calls itself.
        format: String,
    },
    /// A newer app wrote it.
    #[error("its format {version} is newer than {SAVED_VERSION}, which this app reads")]
    Newer {
        /// Its format.
        version: u32,
    },
}

/// What every version of the format has.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

impl Saved {
    /// A mesh as it is saved: what could carry a secret is left out.
    pub fn new(context: &str, at: String, by: &str, snapshot: &Snapshot) -> Self {
        let mut snapshot = snapshot.clone();
        snapshot.injectors.iter_mut().for_each(leave_out);
        kept_labels::leave_out_others(&mut snapshot);
        Self {
            format: SAVED_FORMAT.to_owned(),
            version: SAVED_VERSION,
            context: context.to_owned(),
            at,
            by: by.to_owned(),
            live: None,
            snapshot,
        }
    }

    /// The text of the file.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string(self)?;
        text.push('\n');
        Ok(text)
    }

    /// Reads the text of a file.
    pub fn read(text: &str) -> Result<Self, SavedError> {
        let head: Head = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
        if head.format != SAVED_FORMAT {
            return Err(SavedError::Foreign { format: head.format });
        }
        if head.version > SAVED_VERSION {
            return Err(SavedError::Newer { version: head.version });
        }
        serde_json::from_str(text).map_err(|error| unreadable(&error))
    }
}

/// Whether a webhook is asked by an address is needed, the address is not: it may carry a token.
fn leave_out(injector: &mut Injector) {
    for webhook in &mut injector.webhooks {
        if let WebhookClient::Url { url } = &mut webhook.client {
            *url = Name::from("");
        }
    }
}

/// serde names line and column at the end of its message as well: there they are said once.
fn unreadable(error: &serde_json::Error) -> SavedError {
    let said = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let problem = said.strip_suffix(&place).unwrap_or(&said).to_owned();
    SavedError::Unreadable { line: error.line(), column: error.column(), problem }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::testing::{canary_mesh, deployment, namespace};

    fn saved() -> Saved {
        let mut mesh = canary_mesh();
        namespace(&mut mesh, "shop", &[("istio.io/rev", "1-30")]);
        deployment(&mut mesh, "shop", "cart", 2, Some(("1-30", "1.30.5")));
        Saved::new("shop-prod", "2026-11-24T12:00:00Z".to_owned(), "ada@loom", &mesh)
    }

    #[test]
    fn what_was_saved_is_read_again() {
        let saved = saved();

        assert_eq!(Saved::read(&saved.to_text().unwrap()).unwrap(), saved);
    }

    #[test]
    fn an_older_file_without_later_fields_is_read() {
        let text = r#"{
            "format": "meshlift-snapshot", "version": 1, "context": "shop", "at": "", "by": "",
            "snapshot": { "cluster": { "uid": "one" }, "aFieldOfTomorrow": 1 }
        }"#;

        let read = Saved::read(text).unwrap();

        assert_eq!(read.snapshot.cluster.uid, "one");
        assert!(read.snapshot.workloads.is_empty());
    }

    #[test]
    fn an_address_of_a_webhook_is_not_saved() {
        let mut mesh = canary_mesh();
        let url = Name::from("https://user:word@istiod.example.test/inject?token=word");
        mesh.injectors[0].webhooks[0].client = WebhookClient::Url { url };

        let text = Saved::new("shop", String::new(), "", &mesh).to_text().unwrap();

        assert!(!text.contains("word"), "{text}");
    }

    #[rstest]
    #[case::no_json("{", "line 1, column 1: EOF while parsing an object")]
    #[case::other_file(
        r#"{ "format": "x", "version": 1 }"#,
        "it calls itself `x`, and a `meshlift-snapshot` is expected"
    )]
    #[case::newer(
        r#"{ "format": "meshlift-snapshot", "version": 2 }"#,
        "its format 2 is newer than 1, which this app reads"
    )]
    #[case::half(
        r#"{ "format": "meshlift-snapshot", "version": 1 }"#,
        "line 1, column 47: missing field `context`"
    )]
    fn what_is_no_snapshot_is_refused_with_its_place(#[case] text: &str, #[case] message: &str) {
        assert_eq!(Saved::read(text).unwrap_err().to_string(), message);
    }
}
