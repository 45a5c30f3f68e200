//! What is wrong with a kubeconfig, a context, an istioctl, a call and a credential, as sentences.
//!
//! Entry points: [`file`], [`context`], [`binary`], [`call`], [`credential`]. Each says in English
//! what the error itself says; a test holds them together.

use std::time::Duration;

use meshlift_cluster::calls::CallError;
use meshlift_cluster::contexts::{ContextFault, FileFault, FileProblem};
use meshlift_cluster::provider::asm::credentials::FindError;
use meshlift_cluster::provider::istioctl::BinaryFault;

use super::dto::{Phrase, PhraseCode as Code};
use crate::view::spoken;

/// What is wrong with a file.
pub(crate) fn file(problem: &FileProblem) -> Phrase {
    let file = ("file", problem.file.display().to_string());
    let plain = |code, file| Phrase::with(code, [file]);
    let about =
        |code, file, context: &String| Phrase::with(code, [file, ("context", context.clone())]);
    match &problem.fault {
        FileFault::Folder => plain(Code::FileFolder, file),
        FileFault::Empty => plain(Code::FileEmpty, file),
        FileFault::Blank => plain(Code::FileBlank, file),
        FileFault::Missing => plain(Code::FileMissing, file),
        FileFault::Forbidden => plain(Code::FileForbidden, file),
        FileFault::NotText => plain(Code::FileNotText, file),
        FileFault::NotYaml => plain(Code::FileNotYaml, file),
        FileFault::Mixed => plain(Code::FileMixed, file),
        FileFault::Unusable => plain(Code::FileUnusable, file),
        FileFault::NoCurrent => plain(Code::FileNoCurrent, file),
        FileFault::Unreadable { why } => {
            Phrase::with(Code::FileUnreadable, [file, ("why", why.clone())])
        }
        FileFault::Invalid { line, column } => Phrase::with(
            Code::FileInvalid,
            [file, ("line", line.to_string()), ("column", column.to_string())],
        ),
        FileFault::Shadowed { context, first } => Phrase::with(
            Code::FileShadowed,
            [file, ("context", context.clone()), ("first", first.display().to_string())],
        ),
        FileFault::Twice { context } => about(Code::FileTwice, file, context),
        FileFault::NoSuchCurrent { context } => about(Code::FileNoSuchCurrent, file, context),
    }
}

/// Why a context can't be opened.
pub(crate) fn context(fault: &ContextFault) -> Phrase {
    let of_cluster = |code, name: &String| Phrase::with(code, [("cluster", name.clone())]);
    let of_user = |code, name: &String| Phrase::with(code, [("user", name.clone())]);
    match fault {
        ContextFault::NoCluster => Phrase::plain(Code::ContextNoCluster),
        ContextFault::ClusterGone { cluster } => of_cluster(Code::ContextClusterGone, cluster),
        ContextFault::NoServer { cluster } => of_cluster(Code::ContextNoServer, cluster),
        ContextFault::NotAUrl { cluster } => of_cluster(Code::ContextNotAUrl, cluster),
        ContextFault::UserGone { user } => of_user(Code::ContextUserGone, user),
        ContextFault::ProgramUnnamed { user } => of_user(Code::ContextProgramUnnamed, user),
        ContextFault::Terminal { user } => of_user(Code::ContextTerminal, user),
        ContextFault::AuthProvider { user, provider } => Phrase::with(
            Code::ContextAuthProvider,
            [("user", user.clone()), ("provider", provider.clone())],
        ),
    }
}

/// That a context can't be used, and why.
pub(crate) fn unusable(context: &str, why: Phrase) -> Phrase {
    Phrase::with(Code::ContextUnusable, [("context", context.to_owned())]).saying("why", why)
}

/// That a mesh was not read in time.
pub(crate) fn unread(context: &str, limit: Duration) -> Phrase {
    let seconds = limit.as_secs().to_string();
    Phrase::with(Code::ContextUnread, [("context", context.to_owned()), ("seconds", seconds)])
}

/// Why an istioctl can't be used.
pub(crate) fn binary(fault: &BinaryFault) -> Phrase {
    match fault {
        BinaryFault::Silent => Phrase::plain(Code::BinarySilent),
        BinaryFault::Another => Phrase::plain(Code::BinaryAnother),
        BinaryFault::NotRun { why } => Phrase::with(Code::BinaryNotRun, [("why", why.clone())]),
        BinaryFault::Failed { words } => {
            Phrase::with(Code::BinaryFailed, [("words", words.clone())])
        }
        BinaryFault::NoRelease { version } => {
            Phrase::with(Code::BinaryNoRelease, [("version", version.clone())])
        }
    }
}

/// Why a call gave no answer; none where the kind of error says it all or the server says it.
pub(crate) fn call(error: &CallError) -> Option<Phrase> {
    let at = |code, address: &String| Phrase::with(code, [("address", address.clone())]);
    Some(match error {
        CallError::Unreachable { address, reason } => {
            at(Code::CallUnreachable, address).saying("reason", spoken::words(reason))
        }
        CallError::Insecure { address, reason } => {
            at(Code::CallInsecure, address).saying("reason", spoken::words(reason))
        }
        CallError::WrongAuthority { address } => at(Code::CallWrongAuthority, address),
        CallError::Unauthorized { address } => at(Code::CallUnauthorized, address),
        CallError::TooManyRequests { address, .. } => at(Code::CallBusy, address),
        CallError::CertificateExpired { certificate } => {
            Phrase::plain(Code::CallExpired).saying("certificate", spoken::words(certificate))
        }
        CallError::CredentialProgram { command, reason, .. } => {
            Phrase::with(Code::CallProgram, [("command", command.clone())])
                .saying("reason", spoken::words(reason))
        }
        CallError::Server { address, request, status, message } => Phrase::with(
            Code::CallServer,
            [
                ("address", address.clone()),
                ("request", request.clone()),
                ("status", status.to_string()),
                ("message", message.clone()),
            ],
        ),
        // In these words they are kept as well.
        CallError::Timeout { .. } | CallError::Forbidden { .. } => {
            spoken::words(&error.to_string())
        }
        CallError::ReadOnly { .. }
        | CallError::NoIntent { .. }
        | CallError::NotAllowed { .. }
        | CallError::Conflict { .. }
        | CallError::AlreadyExists { .. }
        | CallError::Gone { .. }
        | CallError::NotFound { .. }
        | CallError::Invalid { .. }
        | CallError::Decode { .. }
        | CallError::Cancelled { .. } => return None,
    })
}

/// Why there is no credential for ASM.
pub(crate) fn credential(error: &FindError) -> Phrase {
    match error {
        FindError::Unusable { place, problem } => Phrase::plain(Code::AsmUnusable)
            .saying("place", spoken::words(place))
            .saying("why", spoken::words(problem)),
        FindError::Missing { profile, looked } => {
            Phrase::with(Code::AsmMissing, [("profile", profile.clone())])
                .saying("looked", places(looked))
        }
        FindError::Nothing { looked } => {
            Phrase::plain(Code::AsmNothing).saying("looked", places(looked))
        }
    }
}

/// Where something was looked for, one place after the other.
fn places(looked: &[String]) -> Phrase {
    let places = looked.iter().rev().map(|place| spoken::words(place));
    let one_more =
        |rest, first| Phrase::plain(Code::AsmOneMore).saying("first", first).saying("rest", rest);
    places.reduce(one_more).unwrap_or_else(|| spoken::words(""))
}

#[cfg(test)]
mod tests;
