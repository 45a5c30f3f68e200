//! What a command that failed says.

use serde::{Deserialize, Serialize};

use super::Phrase;

dto! {
    /// Why a command failed.
    pub struct ApiError {
        /// What kind of failure; the front end switches on it.
        pub code: ErrorCode,
        /// One sentence in English: what, to what, what to try.
        pub message: String,
        /// The same as a sentence, where its words are the application's own.
        pub said: Option<Box<Phrase>>,
        /// The chain of causes, outermost first.
        pub detail: Vec<String>,
        /// What to try.
        pub hint: Option<Phrase>,
        /// Whether asking again may help.
        pub retryable: bool,
    }
}

dto_word! {
    /// Kind of failure of a command.
    pub enum ErrorCode {
        /// The request itself is wrong.
        BadRequest,
        /// No context of this name.
        ContextUnknown,
        /// A kubeconfig cannot be used.
        KubeconfigBroken,
        /// The API server does not answer.
        Unreachable,
        /// The certificate authority is not the expected one.
        WrongAuthority,
        /// The client or server certificate has expired.
        CertificateExpired,
        /// The credentials were not accepted.
        Unauthorized,
        /// The user may not do this.
        Forbidden,
        /// A credential program failed.
        CredentialProgram,
        /// No mesh in this cluster.
        NoMesh,
        /// Every write is refused.
        ReadOnly,
        /// The plan is not known, or was not computed here.
        PlanUnknown,
        /// The mesh is no longer what the plan was made from.
        PlanOutdated,
        /// The plan has blocking findings or lacks a consent.
        PlanBlocked,
        /// Another run or operator holds the mesh.
        MeshLocked,
        /// It is another cluster than the run's.
        OtherCluster,
        /// No run of this id.
        RunUnknown,
        /// The run is not in a state for this.
        RunState,
        /// No suitable istioctl.
        IstioctlMissing,
        /// The install's own values are missing.
        ValuesMissing,
        /// A child program failed.
        ProgramFailed,
        /// ASM's API was not reached or refused.
        Asm,
        /// No credential for ASM was found, or it was not accepted.
        AsmCredential,
        /// The journal or the settings could not be written.
        Storage,
        /// A file of this name is there already.
        FileExists,
        /// A file could not be read, or is not what it should be.
        FileBroken,
        /// Anything else.
        Internal,
    }
}
