//! What the window and the application say to each other.
//!
//! Plain data: counters are `u32`, times are RFC 3339 strings, ids are strings, so that every value
//! survives JavaScript. Sentences travel as a [`Phrase`], a closed code with parameters, and are
//! put into words by the front end. Deliberately absent: anything secret.

pub use super::acknowledgement::Acknowledgement;
pub use super::phrase::PhraseCode;

macro_rules! dto {
    ($($item:item)*) => { $(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "ts", derive(specta::Type))]
        #[serde(rename_all = "camelCase")]
        $item
    )* };
}

macro_rules! dto_word {
    ($($item:item)*) => { $(
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ts", derive(specta::Type))]
        #[serde(rename_all = "camelCase")]
        #[allow(missing_docs, reason = "the words are the console's own")]
        $item
    )* };
}

mod app;
mod asm;
mod contexts;
mod data_plane;
mod error;
mod injecting;
mod mesh;
mod offline;
mod phrase;
mod plan;
mod planning;
mod precheck;
mod run;
mod runbook;

pub use app::*;
pub use asm::*;
pub use contexts::*;
pub use data_plane::*;
pub use error::*;
pub use injecting::*;
pub use mesh::*;
pub use offline::*;
pub use phrase::*;
pub use plan::*;
pub use planning::*;
pub use precheck::*;
pub use run::*;
pub use runbook::*;
