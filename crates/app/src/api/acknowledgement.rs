//! What a user says who goes on although a finding blocks.

use serde::{Deserialize, Serialize};

/// A blocking finding that somebody takes upon themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Acknowledgement {
    /// Id of the finding, as the plan showed it.
    pub finding: String,
    /// Why it is all right, in the user's own words. It goes into the journal and the report.
    pub reason: String,
}
