//! Sentences that are kept as text, found again among the codes.
//!
//! Entry points: [`gap`] and [`words`]. Why something could not be read is kept in snapshots and
//! journals in English, and the causes inside an error are text as well; what is ours of it is said
//! in the user's language, and the words of a server or of the system stay as they are.

use crate::api::dto::{Phrase, PhraseCode as Code};

/// What may be said of something that was not read or that can't be used. A longer sentence stands before a shorter one
/// that its beginning or end would fit.
const SENTENCES: &[Code] = &[
    Code::CauseOtherInstall,
    Code::GapSync,
    Code::GapClock,
    Code::GapNodePods,
    Code::GapAgents,
    Code::GapTools,
    Code::GapRoom,
    Code::GapVendor,
    Code::GapHelmRelease,
    Code::GapHelmGateways,
    Code::GapHelmRemote,
    Code::GapRevision,
    Code::GapRemotes,
    Code::GapRemoteKubeconfigs,
    Code::GapKubeconfig,
    Code::GapKubernetes,
    Code::GapKubernetesRange,
    Code::GapUpgradeStatus,
    Code::GapLabelSync,
    Code::GapInjectionPolicy,
    Code::GapEdition,
    Code::GapTarget,
    Code::GapValues,
    Code::UnreadAsmIstiod,
    Code::UnreadAsmKeeps,
    Code::UnreadAsmServer,
    Code::UnreadSnapshot,
    Code::UnreadVendor,
    Code::UnreadHelmSecret,
    Code::UnreadRemotes,
    Code::UnreadPullSecret,
    Code::UnreadSecrets,
    Code::UnreadKubeconfig,
    Code::UnreadImage,
    Code::UnreadSource,
    Code::UnreadSyncPartly,
    Code::UnreadUntold,
    Code::UnreadNoVersion,
    Code::UnreadCatalogue,
    Code::UnreadTable,
    Code::UnreadRoom,
    Code::UnreadCrd,
    Code::UnreadForbidden,
    Code::UnreadForbiddenIn,
    Code::UnreadSlow,
    Code::UnreadGone,
    Code::UnreadTemplate,
    Code::UnreadInjector,
    Code::UnreadName,
    Code::UnreadUncounted,
    Code::UnreadValues,
    Code::UnreadNotYaml,
    Code::PartNotBase64,
    Code::PartUnreadable,
    Code::PartMissing,
    Code::PartNotPem,
    Code::PartNoAuthority,
    Code::CauseRefused,
    Code::CauseSlow,
    Code::CauseCut,
    Code::CauseEnded,
    Code::CauseOtherName,
    Code::CauseNotTls,
    Code::CertificateOfServer,
    Code::CertificateOfContext,
    Code::CertificateOfUser,
    Code::ProgramNotFound,
    Code::ProgramNotStarted,
    Code::ProgramExitSaying,
    Code::ProgramExit,
    Code::ProgramSilent,
    Code::ProgramPrintedElse,
    Code::ProgramPrintedNone,
    Code::ProgramPrintedNeither,
    Code::AsmVariables,
    Code::AsmTokenRole,
    Code::AsmProfile,
    Code::AsmSection,
    Code::AsmServer,
    Code::AsmFile,
    Code::AsmVariable,
    Code::AsmKeyVariables,
    Code::AsmTokenVariables,
    Code::AsmCurrentProfile,
    Code::AsmNamedProfile,
    Code::AsmNamedSection,
    Code::AsmProfilesOff,
    Code::AsmNoHome,
    Code::AsmUnreadable,
    Code::AsmNotJson,
    Code::AsmLacks,
    Code::AsmVirtualMachine,
    Code::AsmRsa,
    Code::AsmUnsigned,
    Code::AsmUnknownMode,
    Code::AsmVirtualMachineType,
    Code::AsmType,
    Code::AsmLoop,
    Code::AsmNoSource,
    Code::AsmNotAgreed,
    Code::AsmEmptyCommand,
    Code::AsmNoKey,
];

/// Something that could not be read, and why.
pub(crate) fn gap(what: &str, why: &str) -> Phrase {
    Phrase::plain(Code::FindCannotTellThen).saying("what", words(what)).saying("why", words(why))
}

/// The sentence that a text is, or the text as it is.
pub(crate) fn words(text: &str) -> Phrase {
    let found = SENTENCES.iter().find_map(|code| fitting(*code, text));
    found.unwrap_or_else(|| Phrase::with(Code::WordNamed, [("name", text.to_owned())]))
}

/// The sentence with what fills its blanks, if the text is one of it.
fn fitting(code: Code, text: &str) -> Option<Phrase> {
    let mut phrase = Phrase::plain(code);
    let mut parts = code.english().split('{');
    let mut rest = text.strip_prefix(parts.next()?)?;
    for part in parts {
        let (name, then) = part.split_once('}')?;
        let end = if then.is_empty() { rest.len() } else { rest.find(then)? };
        phrase.params.insert(name.to_owned(), rest[..end].to_owned());
        rest = &rest[end + then.len()..];
    }
    rest.is_empty().then_some(phrase)
}

#[cfg(test)]
mod tests {
    use meshlift_core::inventory::evidence::Resource;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::whole("istiod's sync status", Code::GapSync, &[])]
    #[case::blank_at_the_end("version of revision 1-30", Code::GapRevision, &[("revision", "1-30")])]
    #[case::blanks_between(
        "https://10.0.0.1 does not let this user list nodes in the whole cluster",
        Code::UnreadForbidden,
        &[("address", "https://10.0.0.1"), ("verb", "list"), ("resource", "nodes")]
    )]
    #[case::values_of_a_file(
        "the file mine.yaml can't be read: No such file or directory",
        Code::UnreadValues,
        &[("file", "mine.yaml"), ("why", "No such file or directory")]
    )]
    #[case::edition("edition", Code::GapEdition, &[])]
    #[case::name_of_it("its name is not known", Code::UnreadName, &[])]
    #[case::pods("the server did not count them", Code::UnreadUncounted, &[])]
    #[case::target(meshlift_core::inventory::UPGRADE_TARGET, Code::GapTarget, &[])]
    #[case::values(Resource::InstallValues.name(), Code::GapValues, &[])]
    #[case::others_words("etcd is on fire", Code::WordNamed, &[("name", "etcd is on fire")])]
    #[case::more_than_the_sentence(
        "Secrets are never read, says the auditor",
        Code::WordNamed,
        &[("name", "Secrets are never read, says the auditor")]
    )]
    fn a_text_is_found_among_the_sentences(
        #[case] text: &str,
        #[case] code: Code,
        #[case] params: &[(&str, &str)],
    ) {
        let found = words(text);

        assert_eq!(found.code, code);
        let filled: Vec<(&str, &str)> =
            found.params.iter().map(|(name, value)| (&**name, &**value)).collect();
        let mut expected = params.to_vec();
        expected.sort_unstable();
        assert_eq!(filled, expected);
        assert_eq!(found.english(), text, "nothing of it is lost");
    }
}
