//! Failures of calls to a cluster as errors of commands, each with what to try.

use meshlift_cluster::calls::{CallError, ProgramFault};
use meshlift_cluster::connection::ConnectError;
use meshlift_cluster::programs::ProgramError;
use meshlift_cluster::provider::istioctl::InstallError;

use super::dto::{ApiError, ErrorCode as Code, Phrase, PhraseCode};
use super::faults;
use crate::view::spoken;

impl From<ConnectError> for ApiError {
    fn from(error: ConnectError) -> Self {
        match &error {
            ConnectError::Unusable { context, problem } => {
                Self::new(Code::KubeconfigBroken, &error)
                    .saying(faults::unusable(context, spoken::words(problem)))
                    .hinting(Phrase::plain(PhraseCode::HintEditFile))
            }
            ConnectError::Call { context: _, source } => source.into(),
        }
    }
}

impl From<CallError> for ApiError {
    fn from(error: CallError) -> Self {
        (&error).into()
    }
}

impl From<&CallError> for ApiError {
    fn from(error: &CallError) -> Self {
        let made =
            Self { said: faults::call(error).map(Box::new), ..Self::new(code(error), error) };
        let made = match hint(error) {
            Some(hint) => made.hinting(hint),
            None => made,
        };
        if error.is_transient() { made.retryable() } else { made }
    }
}

impl From<InstallError> for ApiError {
    fn from(error: InstallError) -> Self {
        match error {
            InstallError::Read(source) => source.into(),
            InstallError::Values { .. } | InstallError::NotYaml { .. } => {
                Self::new(Code::ValuesMissing, &error)
                    .hinting(Phrase::plain(PhraseCode::HintValuesFile))
            }
            InstallError::Program(ProgramError::ReadOnly { .. }) => {
                Self::new(Code::ReadOnly, &error)
            }
            InstallError::Kubeconfig(_)
            | InstallError::Render { .. }
            | InstallError::Parse { .. }
            | InstallError::Slow { .. }
            | InstallError::Program(
                ProgramError::Start { .. }
                | ProgramError::Cancelled { .. }
                | ProgramError::TooMuchOutput { .. }
                | ProgramError::Wait { .. }
                | ProgramError::Output { .. },
            ) => Self::new(Code::ProgramFailed, &error),
        }
    }
}

fn code(error: &CallError) -> Code {
    match error {
        CallError::Unreachable { .. }
        | CallError::Timeout { .. }
        | CallError::Insecure { .. }
        | CallError::TooManyRequests { .. }
        | CallError::Server { .. } => Code::Unreachable,
        CallError::WrongAuthority { .. } => Code::WrongAuthority,
        CallError::CertificateExpired { .. } => Code::CertificateExpired,
        CallError::Unauthorized { .. } => Code::Unauthorized,
        CallError::Forbidden { .. } => Code::Forbidden,
        CallError::CredentialProgram { .. } => Code::CredentialProgram,
        CallError::ReadOnly { .. } => Code::ReadOnly,
        CallError::NoIntent { .. }
        | CallError::NotAllowed { .. }
        | CallError::Conflict { .. }
        | CallError::AlreadyExists { .. }
        | CallError::Gone { .. }
        | CallError::NotFound { .. }
        | CallError::Invalid { .. }
        | CallError::Decode { .. }
        | CallError::Cancelled { .. } => Code::Internal,
    }
}

fn hint(error: &CallError) -> Option<Phrase> {
    Some(match error {
        CallError::Unreachable { .. } | CallError::Timeout { .. } => {
            Phrase::plain(PhraseCode::HintCheckNetwork)
        }
        CallError::WrongAuthority { .. } => Phrase::plain(PhraseCode::HintCheckCa),
        CallError::CertificateExpired { .. } => Phrase::plain(PhraseCode::HintRenewCertificate),
        CallError::Unauthorized { .. } => Phrase::plain(PhraseCode::HintLogin),
        CallError::CredentialProgram { command, fault, reason: _ } => program(command, *fault),
        CallError::Forbidden { verb, resource, .. } => Phrase::with(
            PhraseCode::HintAskAdmin,
            [("verb", verb.clone()), ("resource", resource.clone())],
        ),
        CallError::ReadOnly { .. } => Phrase::plain(PhraseCode::HintTurnOffReadOnly),
        CallError::Insecure { .. }
        | CallError::TooManyRequests { .. }
        | CallError::Server { .. }
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

/// What helps with a credential program, by how it failed.
fn program(command: &str, fault: ProgramFault) -> Phrase {
    let run = ("command", command.to_owned());
    let name = ("program", command.split_whitespace().next().unwrap_or(command).to_owned());
    match fault {
        ProgramFault::NotStarted => Phrase::with(PhraseCode::HintProgramMissing, [name]),
        ProgramFault::Exit { code } => {
            Phrase::with(PhraseCode::HintProgramFailed, [name, run, ("code", code.to_string())])
        }
        ProgramFault::NoCredential => Phrase::with(PhraseCode::HintProgramSilent, [run]),
    }
}
