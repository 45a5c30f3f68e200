//! Plans and routes as documents that can be followed without the app.

use serde::{Deserialize, Serialize};

use super::{IfExists, RouteRequest};

dto! {
    /// Which document.
    pub struct RunbookRequest {
        /// What it is about.
        pub of: RunbookOf,
        /// Its language, `en-US` or `zh-CN`.
        pub language: String,
        /// Findings that the user accepts, with the reason.
        pub acknowledged: Vec<Acknowledged>,
    }

    /// What a runbook is about.
    #[serde(tag = "kind")]
    pub enum RunbookOf {
        /// A plan that was made here.
        #[serde(rename_all = "camelCase")]
        Plan {
            /// Its digest.
            digest: String,
        },
        /// A route of the Planner.
        #[serde(rename_all = "camelCase")]
        Route {
            /// The question.
            request: RouteRequest,
            /// Place of the route in the answer, from 0.
            number: u32,
        },
    }

    /// A finding that the user accepts.
    pub struct Acknowledged {
        /// Its rule.
        pub rule: String,
        /// Where: the object's name.
        pub subject: String,
        /// Why it is accepted.
        pub reason: String,
    }

    /// A document in three forms.
    pub struct Runbook {
        /// Name for a file, without an extension.
        pub name: String,
        /// As Markdown.
        pub markdown: String,
        /// As a web page.
        pub html: String,
        /// As JSON.
        pub json: String,
    }

    /// Writes a runbook into a file.
    pub struct SaveRunbook {
        /// Which document.
        pub runbook: RunbookRequest,
        /// In which form.
        pub form: RunbookForm,
        /// The file.
        pub path: String,
        /// What to do when there is such a file.
        pub if_exists: IfExists,
    }
}

dto_word! {
    /// A form of a document.
    pub enum RunbookForm { Markdown, Html, Json }
}
