//! A sentence and a mark, which every other answer is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::PhraseCode;

dto! {
    /// A sentence as a closed code and its parameters.
    pub struct Phrase {
        /// Which sentence.
        pub code: PhraseCode,
        /// What fills its blanks, by name.
        pub params: BTreeMap<String, String>,
        /// Sentences that fill blanks themselves, by the same names.
        pub nested: BTreeMap<String, Phrase>,
    }

    /// A request or an answer that says nothing.
    pub struct Nothing {}
}

dto_word! {
    /// Shape and colour of a state.
    pub enum Mark { Ok, Idle, Busy, Warning, Bad, Outside }
}
