//! A catalogue in one file, which takes the place of parts of the built-in one.
//!
//! Entry point: [`Catalog::read_bundle`]. Deliberately absent: reading the file.

use serde::Deserialize;
use thiserror::Error;

use super::decode::{AsmFile, ChangeFile, KnownBadFile, ReleaseFile};
use super::{Catalog, CatalogError, Origin, decode};

/// What a bundle calls itself.
pub const FORMAT: &str = "meshlift-catalogue";
/// The version of its format.
pub const FORMAT_VERSION: u32 = 1;

/// The whole file. Each member has the form of the data file of that name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bundle {
    format: String,
    version: u32,
    istio_releases: Option<ReleaseFile>,
    known_bad: Option<KnownBadFile>,
    breaking_changes: Option<ChangeFile>,
    asm_versions: Option<AsmFile>,
}

/// Why a file is not a catalogue.
#[derive(Debug, Error)]
pub enum BundleError {
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
    #[error("it calls itself `{format}` {version}, and `{FORMAT}` {FORMAT_VERSION} is expected")]
    Foreign {
        /// What it calls itself.
        format: String,
        /// In which version.
        version: u32,
    },
    /// It has none of the parts.
    #[error("it has none of istio_releases, known_bad, breaking_changes and asm_versions")]
    Empty,
    /// Its JSON is right and its facts contradict each other.
    #[error("{source}")]
    Wrong {
        /// What is wrong.
        source: CatalogError,
    },
}

impl Catalog {
    /// This catalogue with the parts that a file replaces. A part that the file lacks stays.
    pub fn read_bundle(&self, text: &str) -> Result<Self, BundleError> {
        let bundle: Bundle = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
        if bundle.format != FORMAT || bundle.version != FORMAT_VERSION {
            return Err(BundleError::Foreign { format: bundle.format, version: bundle.version });
        }
        let mut catalog = self.clone();
        let mut replaced = 0;
        if let Some(file) = bundle.istio_releases {
            let dated = decode::releases(file).map_err(|source| BundleError::Wrong { source })?;
            catalog.put_releases(dated, Origin::File);
            replaced += 1;
        }
        if let Some(file) = bundle.known_bad {
            let dated = decode::known_bad(file).map_err(|source| BundleError::Wrong { source })?;
            catalog.put_known_bad(dated, Origin::File);
            replaced += 1;
        }
        if let Some(file) = bundle.breaking_changes {
            let dated = decode::changes(file).map_err(|source| BundleError::Wrong { source })?;
            catalog.put_changes(dated, Origin::File);
            replaced += 1;
        }
        if let Some(file) = bundle.asm_versions {
            catalog.put_asm(decode::asm_versions(file), Origin::File);
            replaced += 1;
        }
        if replaced == 0 { Err(BundleError::Empty) } else { Ok(catalog) }
    }
}

/// serde names line and column at the end of its message as well: there they are said once.
fn unreadable(error: &serde_json::Error) -> BundleError {
    let said = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let problem = said.strip_suffix(&place).unwrap_or(&said).to_owned();
    BundleError::Unreadable { line: error.line(), column: error.column(), problem }
}
